// Links for new devices at a real server process (docs/spec/devices.md §9): who meets whom, and every limit.
#include <gtest/gtest.h>

#include "process.h"
#include "server_process.h"
#include "stranger.h"

namespace pqc::test {
namespace {

class Links : public testing::Test {
 protected:
  void SetUp() override {
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder.path() / "data", std::nullopt);
    ASSERT_TRUE(started) << started.error();
    server.emplace(std::move(*started));
    address.host = "127.0.0.1";
    address.port = server->port();
    guest.emplace(address);
    guest->connect();
    host.emplace(address);
    host->connect();
    ASSERT_TRUE(host->register_account("alice", keys).has_logged_in());
  }
  void TearDown() override { EXPECT_TRUE(server->stop()); }

  static v1::ClientFrame opening(const std::string& offer = "offer") {
    v1::ClientFrame frame;
    frame.mutable_open_link()->set_link(id);
    frame.mutable_open_link()->set_offer(offer);
    return frame;
  }
  static v1::ClientFrame joining(const std::string& link = id) {
    v1::ClientFrame frame;
    frame.mutable_join_link()->set_link(link);
    return frame;
  }
  static v1::ClientFrame message(const std::string& body) {
    v1::ClientFrame frame;
    frame.mutable_link_message()->set_body(body);
    return frame;
  }
  void make_link() {
    ASSERT_TRUE(guest->ask(opening()).has_link_opened());
    ASSERT_EQ(host->ask(joining()).link_joined().offer(), "offer");
  }

  static inline const std::string id = std::string(16, 'l');
  bench::TemporaryFolder folder = bench::TemporaryFolder::make().value();
  std::optional<bench::ServerProcess> server;
  net::LinkOptions address;
  bench::DeviceKeys keys =
      bench::DeviceKeys::make(*crypto::find_suite(crypto::SuiteId::pq), crypto::SystemRng::instance()).value();
  std::optional<Stranger> guest;
  std::optional<Stranger> host;
};

TEST_F(Links, MessagesGoBothWays) {
  make_link();
  EXPECT_TRUE(host->ask(message("to the guest")).has_link_sent());
  EXPECT_EQ(guest->next().link_message().body(), "to the guest");
  EXPECT_TRUE(guest->ask(message("to the host")).has_link_sent());
  EXPECT_EQ(host->next().link_message().body(), "to the host");
}

TEST_F(Links, ItEndsWithEitherConnection) {
  make_link();
  guest.reset();
  EXPECT_TRUE(host->next().has_link_ended());
  EXPECT_EQ(host->ask(message("anybody?")).error().code(), v1::ERROR_REFUSED);
  guest.emplace(address);
  guest->connect();
  make_link();
  host.reset();
  EXPECT_TRUE(guest->next().has_link_ended());
}

TEST_F(Links, AnEmptyMessageEndsIt) {
  make_link();
  EXPECT_TRUE(host->ask(message("")).has_link_sent());
  EXPECT_TRUE(guest->next().has_link_ended());
}

// A second one who knows the id finds nothing: the new device talks to one host.
TEST_F(Links, Threat3OneHostJoinsAndNoStranger) {
  Stranger stranger(address);
  stranger.connect();
  ASSERT_TRUE(guest->ask(opening()).has_link_opened());
  EXPECT_EQ(stranger.ask(joining()).error().code(), v1::ERROR_REFUSED);
  EXPECT_EQ(stranger.ask(message("into nothing")).error().code(), v1::ERROR_REFUSED);
  EXPECT_EQ(host->ask(joining(std::string(16, 'x'))).error().code(), v1::ERROR_UNKNOWN_DEVICE);
  EXPECT_EQ(host->ask(joining("short")).error().code(), v1::ERROR_MALFORMED);
  ASSERT_TRUE(host->ask(joining()).has_link_joined());
  Stranger second(address);
  second.connect();
  ASSERT_TRUE(second.register_account("mallory", keys).has_logged_in());
  EXPECT_EQ(second.ask(joining()).error().code(), v1::ERROR_UNKNOWN_DEVICE);
}

TEST_F(Links, WhoWaitsForALinkCannotLogInAndHasOne) {
  ASSERT_TRUE(guest->ask(opening()).has_link_opened());
  EXPECT_EQ(guest->ask(opening()).error().code(), v1::ERROR_REFUSED);
  EXPECT_EQ(guest->register_account("bob", keys).error().code(), v1::ERROR_REFUSED);
  EXPECT_EQ(guest->ask(message("nobody is there")).error().code(), v1::ERROR_REFUSED);
  Stranger other(address);
  other.connect();
  EXPECT_EQ(other.ask(opening()).error().code(), v1::ERROR_UNAVAILABLE);
  EXPECT_EQ(host->ask(opening()).error().code(), v1::ERROR_REFUSED);
}

TEST_F(Links, EverythingHasALimit) {
  EXPECT_EQ(guest->ask(opening(std::string(4'097, 'o'))).error().code(), v1::ERROR_TOO_LARGE);
  EXPECT_EQ(guest->ask(opening("")).error().code(), v1::ERROR_MALFORMED);
  make_link();
  EXPECT_EQ(host->ask(message(std::string((192U << 10U) + 1, 'm'))).error().code(), v1::ERROR_TOO_LARGE);
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(host->ask(message("m")).has_link_sent());
    ASSERT_EQ(guest->next().link_message().body(), "m");
  }
  EXPECT_EQ(host->ask(message("m")).error().code(), v1::ERROR_QUOTA);
}

}  // namespace
}  // namespace pqc::test
