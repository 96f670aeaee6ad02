// Conversations that go well: every suite, all orders of arrival, restarts.
#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/ratchet/limits.h"
#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

class EachSuite : public ::testing::TestWithParam<crypto::SuiteId> {
 protected:
  void SetUp() override {
    suite_ = crypto::find_suite(GetParam());
    if (suite_ == nullptr) GTEST_SKIP() << "this build leaves the suite out";
  }
  const crypto::Suite* suite_ = nullptr;
  crypto::SeededRng rng_{1};
};

TEST_P(EachSuite, TakesTurns) {
  auto [alice, bob] = make_pair(*suite_, rng_);
  for (int turn = 0; turn < 6; ++turn) {
    auto& from = turn % 2 == 0 ? alice : bob;
    auto& to = turn % 2 == 0 ? bob : alice;
    for (int i = 0; i < 3; ++i) {
      const auto text = std::to_string(turn) + "/" + std::to_string(i);
      EXPECT_EQ(to.receive(from.send(text, rng_)), text);
      EXPECT_EQ(to.last.turn, static_cast<std::uint64_t>(turn));
      EXPECT_EQ(to.last.number, static_cast<std::uint32_t>(i));
    }
  }
}

TEST_P(EachSuite, SurvivesRestartsAtEveryPoint) {
  auto [alice, bob] = make_pair(*suite_, rng_);
  for (int turn = 0; turn < 4; ++turn) {
    auto& from = turn % 2 == 0 ? alice : bob;
    auto& to = turn % 2 == 0 ? bob : alice;
    for (int i = 0; i < 2; ++i) {
      from.restart();
      const auto message = from.send("text", rng_);
      from.restart();
      to.restart();
      EXPECT_EQ(to.receive(message), "text");
    }
  }
}

TEST_P(EachSuite, MessagesHaveTheSpecifiedSize) {
  auto [alice, bob] = make_pair(*suite_, rng_);
  const bool kem = suite_->hybrid();
  const std::size_t header = 25 + crypto::dh_key_size(suite_->dh);
  const auto first = alice.send("12345", rng_);
  EXPECT_EQ(first.bytes.size(), 32 + 12 + header + (kem ? 1568 : 0) + 16 + 5 + 32);
  ASSERT_TRUE(bob.receive(first));
  EXPECT_EQ(bob.send("12345", rng_).bytes.size(), 32 + 12 + header + (kem ? 3136 : 0) + 16 + 5 + 32);
}

TEST_P(EachSuite, AnyMessageOfATurnIsEnough) {
  auto [alice, bob] = make_pair(*suite_, rng_);
  const std::array first{alice.send("a0", rng_), alice.send("a1", rng_), alice.send("a2", rng_)};
  EXPECT_EQ(bob.receive(first[2]), "a2");
  const std::array second{bob.send("b0", rng_), bob.send("b1", rng_), bob.send("b2", rng_)};
  EXPECT_EQ(alice.receive(second[1]), "b1");
  const auto third = alice.send("c0", rng_);
  EXPECT_EQ(bob.receive(third), "c0");
  EXPECT_EQ(bob.receive(first[0]), "a0");
  EXPECT_EQ(alice.receive(second[2]), "b2");
  EXPECT_EQ(alice.receive(second[0]), "b0");
  EXPECT_EQ(bob.receive(first[1]), "a1");
  EXPECT_EQ(alice.session.skipped_keys() + bob.session.skipped_keys(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Ratchet, EachSuite,
                         ::testing::Values(crypto::SuiteId::standard, crypto::SuiteId::enhanced, crypto::SuiteId::pq,
                                           crypto::SuiteId::pq_falcon),
                         [](const auto& suite) { return "suite" + std::to_string(crypto::number(suite.param)); });

class Session3 : public ::testing::Test {
 protected:
  crypto::SeededRng rng_{2};
};

TEST_F(Session3, ResponderWaitsForTheFirstMessage) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  EXPECT_TRUE(alice.session.can_send());
  EXPECT_FALSE(bob.session.can_send());
  EXPECT_EQ(bob.try_send("too early", rng_).error(), Error::not_ready);
  ASSERT_TRUE(bob.receive(alice.send("now", rng_)));
  EXPECT_TRUE(bob.session.can_send());
  EXPECT_EQ(alice.session.turn(), 0u);
  ASSERT_TRUE(alice.receive(bob.send("yes", rng_)));
  EXPECT_EQ(alice.session.turn(), 1u);
}

TEST_F(Session3, EmptyAndLongestTexts) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  EXPECT_EQ(bob.receive(alice.send("", rng_)), "");
  const std::string longest(max_text, 'x');
  EXPECT_EQ(bob.receive(alice.send(longest, rng_)), longest);
  EXPECT_EQ(alice.try_send(longest + "x", rng_).error(), Error::too_long);
}

TEST_F(Session3, BothSendAtTheSameTime) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  for (int round = 0; round < 5; ++round) {
    const auto from_alice = alice.send("a", rng_);
    const auto from_bob = bob.send("b", rng_);
    EXPECT_EQ(bob.receive(from_alice), "a");
    EXPECT_EQ(alice.receive(from_bob), "b");
  }
}

TEST_F(Session3, ReversedOrderAcrossTurns) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  std::vector<Message> sent;
  for (int turn = 0; turn < 3; ++turn) {
    for (int i = 0; i < 4; ++i) sent.push_back(alice.send("t", rng_));
    ASSERT_TRUE(bob.receive(sent.back()));  // the last of each turn arrives, the others are late
    sent.pop_back();
    ASSERT_TRUE(alice.receive(bob.send("r", rng_)));
  }
  bob.restart();
  EXPECT_EQ(bob.session.skipped_keys(), sent.size());
  std::ranges::reverse(sent);
  for (const auto& message : sent) EXPECT_EQ(bob.receive(message), "t");
  EXPECT_EQ(bob.session.skipped_keys(), 0u);
}

TEST_F(Session3, AcknowledgementsMatchAndDiffer) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  const auto one = alice.send("same", rng_);
  const auto two = alice.send("same", rng_);
  ASSERT_TRUE(bob.receive(two));
  EXPECT_EQ(bob.last.ack, two.ack);
  ASSERT_TRUE(bob.receive(one));
  EXPECT_EQ(bob.last.ack, one.ack);
  EXPECT_NE(one.ack, two.ack);
}

TEST_F(Session3, RecordVersionsArrive) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  alice.records = {7, 0xFFFF'FFFF'FFFF'FFFF};
  ASSERT_TRUE(bob.receive(alice.send("", rng_)));
  EXPECT_EQ(bob.last.records, alice.records);
}

TEST_F(Session3, OldestReceivingChainsAreForgotten) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  std::vector<Message> late;
  for (std::size_t turn = 0; turn < max_older_chains + 2; ++turn) {
    late.push_back(alice.send("late", rng_));
    ASSERT_TRUE(bob.receive(alice.send("in time", rng_)));
    ASSERT_TRUE(alice.receive(bob.send("reply", rng_)));
  }
  // The newest turn is the current chain; five before it are kept; the first of all is gone.
  EXPECT_EQ(bob.receive(late[0]).error(), Error::refused);
  for (std::size_t i = 1; i < late.size(); ++i) EXPECT_EQ(bob.receive(late[i]), "late");
}

TEST_F(Session3, SmallBuffersAreRefused) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  Bytes out(alice.session.ciphertext_size(4) - 1);
  EXPECT_EQ(alice.session.encrypt(as_bytes("text"), {}, {}, rng_, out).error(), Error::buffer);
  const auto message = alice.send("text", rng_);
  Bytes text(message.bytes.size() - 1);
  EXPECT_EQ(bob.session.decrypt(message.bytes, as_bytes(test_ad), text).error(), Error::buffer);
  EXPECT_EQ(bob.receive(message), "text");
}

}  // namespace
}  // namespace pqc::ratchet
