// Choosing a STUN server, with servers on loopback that the test answers for.
#include "p2p/stun_search.h"

#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "crypto/random.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

namespace stun = net::stun;
using std::chrono::steady_clock;

// A socket to which requests come; it answers when it is told to.
class Server {
 public:
  Server() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Address address() const { return local_address(fd_.get()); }
  // The request that waits; with another's transaction id, where so much is to be wrong.
  void answer(std::uint8_t wrong = 0) {
    std::array<std::uint8_t, stun::max_message> buffer;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    ASSERT_GT(got, 0);
    auto request = stun::parse_request(ByteView(buffer).first(static_cast<std::size_t>(got)));
    ASSERT_TRUE(request);
    request->id[0] ^= wrong;
    const auto wrote = stun::write_mapped(*request, {.bytes = {192, 0, 2, 1}, .is_v6 = false, .port = 7}, buffer);
    EXPECT_EQ(::sendto(fd_.get(), buffer.data(), wrote, 0, reinterpret_cast<const sockaddr*>(&from), size),
              static_cast<ssize_t>(wrote));
  }

 private:
  client::FileDescriptor fd_;
};

class P2pStunSearch : public testing::Test {
 protected:
  void start(std::vector<Address> servers) {
    search.start(servers, [this](std::optional<Address> address) {
      ++answers;
      found = std::move(address);
    });
  }
  bool until(const std::function<bool()>& done) {
    return loop.run_until(done, steady_clock::now() + std::chrono::seconds(30));
  }

  client::Loop loop;
  StunSearch search{loop, crypto::SystemRng::instance()};
  std::optional<Address> found;
  int answers = 0;
};

TEST_F(P2pStunSearch, TakesTheFirstThatAnswersAndHoldsNothingUpMeanwhile) {
  Server silent, slow;
  const auto begin = steady_clock::now();
  start({silent.address(), slow.address()});
  EXPECT_LT(steady_clock::now() - begin, limits::stun_first_wait);
  EXPECT_EQ(answers, 0);
  const auto ready = loop.when_readable(slow.fd(), [&slow] { slow.answer(); });
  ASSERT_TRUE(until([this] { return answers > 0; }));
  EXPECT_EQ(found, slow.address());
}

TEST_F(P2pStunSearch, AsksAgainAndPassesOverWhatIsNoAnswer) {
  Server server;
  start({server.address()});
  int requests = 0;
  const auto ready = loop.when_readable(server.fd(), [&] { server.answer(++requests == 1 ? 1 : 0); });
  ASSERT_TRUE(until([this] { return answers > 0; }));
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(found, server.address());
}

TEST_F(P2pStunSearch, WithoutServersThereIsNone) {
  start({});
  EXPECT_EQ(answers, 0);
  ASSERT_TRUE(until([this] { return answers > 0; }));
  EXPECT_EQ(found, std::nullopt);
}

TEST(P2pStunSearchEnd, NothingIsAnsweredAfterIt) {
  client::Loop loop;
  int answers = 0;
  {
    StunSearch search(loop, crypto::SystemRng::instance());
    search.start({}, [&answers](const std::optional<Address>&) { ++answers; });
  }
  bool over = false;
  loop.post([&over] { over = true; });
  loop.run_until([&over] { return over; });
  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace pqc::p2p
