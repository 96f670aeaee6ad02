// Choosing a STUN server, with servers on loopback that the test answers for.
#include "p2p/stun_search.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "p2p/limits.h"
#include "unit/p2p/stun_responder.h"

namespace pqc::p2p {
namespace {

using std::chrono::steady_clock;

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
  StunResponder silent, slow;
  const auto begin = steady_clock::now();
  start({silent.address(), slow.address()});
  EXPECT_LT(steady_clock::now() - begin, limits::stun_first_wait);
  EXPECT_EQ(answers, 0);
  const auto ready = loop.when_readable(slow.fd(), [&slow] { slow.answer(); });
  ASSERT_TRUE(until([this] { return answers > 0; }));
  EXPECT_EQ(found, slow.address());
}

TEST_F(P2pStunSearch, AsksAgainAndPassesOverWhatIsNoAnswer) {
  StunResponder server;
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
