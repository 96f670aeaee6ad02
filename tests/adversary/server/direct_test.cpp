// What strangers get, and do not get, of the services for people who go direct.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "server_process.h"
#include "stranger.h"
#include "support/temporary_folder.h"

namespace pqc::test {
namespace {

class Direct : public testing::Test {
 protected:
  void start(const std::string& config) {
    std::ofstream(folder_.path("secret")) << "a shared secret of the test\n";
    std::filesystem::permissions(folder_.path("secret"), std::filesystem::perms::owner_read);
    std::ofstream(folder_.path("server.conf")) << config;
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder_.path("data"), std::nullopt,
                                               {"--config", folder_.path("server.conf")});
    ASSERT_TRUE(started) << started.error();
    server_.emplace(std::move(*started));
    address_.host = "127.0.0.1";
    address_.port = server_->port();
  }
  [[nodiscard]] std::string turn() const {
    return "[turn]\nuris = turn:relay.example turns:relay.example\nsecretfile = " + folder_.path("secret") + "\n";
  }

  const TemporaryFolder folder_;
  std::optional<bench::ServerProcess> server_;
  net::LinkOptions address_;
  const bench::DeviceKeys keys_ =
      bench::DeviceKeys::make(*crypto::find_suite(crypto::SuiteId::pq), crypto::SystemRng::instance()).value();
};

v1::ClientFrame fetch_turn_access() {
  v1::ClientFrame frame;
  frame.mutable_fetch_turn_access();
  return frame;
}
v1::ClientFrame meet(char slot, const std::string& sealed) {
  v1::ClientFrame frame;
  frame.mutable_meet()->set_slot(std::string(16, slot));
  frame.mutable_meet()->set_sealed(sealed);
  return frame;
}

TEST_F(Direct, Threat20ARelayIsForWhoIsLoggedIn) {
  start(turn());
  Stranger alice(address_);
  alice.connect();
  EXPECT_EQ(alice.ask(fetch_turn_access()).error().code(), v1::ERROR_REFUSED);
  ASSERT_TRUE(alice.register_account("alice", keys_).has_logged_in());
  const auto access = alice.ask(fetch_turn_access()).turn_access();
  ASSERT_EQ(access.uris_size(), 2);
  EXPECT_EQ(access.uris(1), "turns:relay.example");
  EXPECT_EQ(access.username().find("alice"), std::string::npos);
  EXPECT_EQ(access.password().size(), 28U);
  Stranger bob(address_);
  bob.connect();
  ASSERT_TRUE(bob.register_account("bob", keys_).has_logged_in());
  const auto others = bob.ask(fetch_turn_access()).turn_access();
  EXPECT_NE(others.username().substr(others.username().find(':')),
            access.username().substr(access.username().find(':')));
  EXPECT_TRUE(server_->stop());
}

TEST_F(Direct, WithoutARelayThereAreNoUris) {
  start("");
  Stranger alice(address_);
  alice.connect();
  ASSERT_TRUE(alice.register_account("alice", keys_).has_logged_in());
  const auto answer = alice.ask(fetch_turn_access());
  ASSERT_TRUE(answer.has_turn_access());
  EXPECT_EQ(answer.turn_access().uris_size(), 0);
  EXPECT_TRUE(answer.turn_access().password().empty());
  EXPECT_TRUE(server_->stop());
}

TEST_F(Direct, StrangersMeetWhereTheServerIsForIt) {
  start("[server]\nrendezvous = true\n");
  Stranger alice(address_);
  Stranger bob(address_);
  Stranger mallory(address_);
  for (auto* who : {&alice, &bob, &mallory}) who->connect();
  // Alice's question waits for Bob.
  auto question = meet('a', "from alice");
  question.set_request_id(7);
  alice.send(question.SerializeAsString());
  // What she left is there once an own, later question of hers would be answered.
  v1::ClientFrame ping;
  ping.mutable_ping();
  EXPECT_TRUE(alice.ask(ping).has_pong());
  EXPECT_EQ(bob.ask(meet('a', "from bob")).met().sealed(), "from alice");
  const auto answer = alice.next();
  EXPECT_EQ(answer.request_id(), 7U);
  EXPECT_EQ(answer.met().sealed(), "from bob");
  EXPECT_EQ(mallory.ask(meet('a', "from mallory")).error().code(), v1::ERROR_CONFLICT);
  EXPECT_EQ(alice.ask(meet('a', "from alice")).met().sealed(), "from bob");

  EXPECT_EQ(mallory.ask(meet('b', std::string(1025, 'x'))).error().code(), v1::ERROR_TOO_LARGE);
  EXPECT_EQ(mallory.ask(meet('b', "")).error().code(), v1::ERROR_MALFORMED);
  auto short_slot = meet('b', "x");
  short_slot.mutable_meet()->set_slot("b");
  EXPECT_EQ(mallory.ask(short_slot).error().code(), v1::ERROR_MALFORMED);
  EXPECT_TRUE(server_->stop());
}

// One of them goes away meanwhile and comes back: nothing is lost, and the server lives.
TEST_F(Direct, WhoLosesTheConnectionAsksAgain) {
  start("[server]\nrendezvous = true\n");
  {
    Stranger alice(address_);
    alice.connect();
    auto question = meet('a', "from alice");
    question.set_request_id(7);
    alice.send(question.SerializeAsString());
    v1::ClientFrame ping;
    ping.mutable_ping();
    EXPECT_TRUE(alice.ask(ping).has_pong());
  }
  Stranger bob(address_);
  bob.connect();
  EXPECT_EQ(bob.ask(meet('a', "from bob")).met().sealed(), "from alice");
  Stranger again(address_);
  again.connect();
  EXPECT_EQ(again.ask(meet('a', "from alice")).met().sealed(), "from bob");
  EXPECT_TRUE(server_->stop());
}

TEST_F(Direct, WhoWaitsLongIsToldToAskAgain) {
  start("[server]\nrendezvous = true\n");
  Stranger alice(address_);
  alice.connect();
  const auto answer = alice.ask(meet('a', "from alice"));
  ASSERT_TRUE(answer.has_waiting());
  EXPECT_GT(answer.waiting().left_ms(), 9U * 60 * 1000);
  EXPECT_LE(answer.waiting().left_ms(), 10U * 60 * 1000 - 10 * 1000);
  EXPECT_TRUE(server_->stop());
}

TEST_F(Direct, Threat17WhereItIsOffAMeetingIsRefusedLikeAnythingElse) {
  start("");
  Stranger alice(address_);
  alice.connect();
  const auto refused = alice.ask(meet('a', "from alice"));
  const auto other = alice.ask(fetch_turn_access());
  EXPECT_EQ(refused.error().code(), v1::ERROR_REFUSED);
  EXPECT_EQ(refused.error().text(), other.error().text());
  EXPECT_TRUE(server_->stop());
}

}  // namespace
}  // namespace pqc::test
