// Who took a copy of a state is locked out after one round trip; who takes one reads nothing of the past.
#include <vector>

#include <gtest/gtest.h>

#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

class Healing : public ::testing::TestWithParam<crypto::SuiteId> {
 protected:
  void SetUp() override {
    suite_ = crypto::find_suite(GetParam());
    if (suite_ == nullptr) GTEST_SKIP() << "this build leaves the suite out";
  }
  const crypto::Suite* suite_ = nullptr;
  crypto::SeededRng rng_{4};
};

TEST_P(Healing, SnapshotIsUselessAfterOneRoundTrip) {
  auto [alice, bob] = make_talking_pair(*suite_, rng_);
  auto spy = bob.clone();  // knows all of Bob's keys and sees all traffic, but takes no part in it

  const auto at_once = alice.send("read by the spy", rng_);
  EXPECT_EQ(spy.receive(at_once), "read by the spy");
  ASSERT_TRUE(bob.receive(at_once));

  // Bob's next turn has keys that the spy has not.
  ASSERT_TRUE(alice.receive(bob.send("new keys", rng_)));
  const auto healed = alice.send("secret again", rng_);
  EXPECT_FALSE(spy.receive(healed));
  EXPECT_EQ(bob.receive(healed), "secret again");
}

TEST_P(Healing, SnapshotOfTheSenderIsUselessAfterOneRoundTrip) {
  auto [alice, bob] = make_talking_pair(*suite_, rng_);
  ASSERT_TRUE(bob.receive(alice.send("in her turn", rng_)));
  auto spy = alice.clone();
  const auto reply = bob.send("reply", rng_);
  EXPECT_EQ(spy.receive(reply), "reply");
  ASSERT_TRUE(alice.receive(reply));
  ASSERT_TRUE(bob.receive(alice.send("new keys", rng_)));
  const auto healed = bob.send("secret again", rng_);
  EXPECT_FALSE(spy.receive(healed));
  EXPECT_EQ(alice.receive(healed), "secret again");
}

TEST_P(Healing, StateReadsNothingOfThePast) {
  auto [alice, bob] = make_talking_pair(*suite_, rng_);
  std::vector<Message> past;
  for (int turn = 0; turn < 3; ++turn) {
    past.push_back(alice.send("past", rng_));
    ASSERT_TRUE(bob.receive(past.back()));
    past.push_back(bob.send("past", rng_));
    ASSERT_TRUE(alice.receive(past.back()));
  }
  auto with_alice = alice.clone();
  auto with_bob = bob.clone();
  for (const auto& message : past) {
    EXPECT_FALSE(with_alice.receive(message));
    EXPECT_FALSE(with_bob.receive(message));
  }
}

INSTANTIATE_TEST_SUITE_P(Ratchet, Healing,
                         ::testing::Values(crypto::SuiteId::standard, crypto::SuiteId::enhanced, crypto::SuiteId::pq,
                                           crypto::SuiteId::pq_falcon),
                         [](const auto& suite) { return "suite" + std::to_string(crypto::number(suite.param)); });

// The step's key needs both secrets: with either one changed, all of it changes.
TEST(Step, TakesBothSecretsAndThePart) {
  const RootKey root;
  const Bytes dh(32, 1);
  const Bytes kem(32, 2);
  const Bytes part(100, 3);
  const auto root_of = [&](ByteView a, ByteView b, ByteView c, std::uint64_t turn) {
    return to_bytes(derive_step(pq_suite(), turn, root, a, b, c).value().root.view());
  };
  const auto reference = root_of(dh, kem, part, 1);
  EXPECT_EQ(root_of(dh, kem, part, 1), reference);
  EXPECT_NE(root_of(kem, kem, part, 1), reference);
  EXPECT_NE(root_of(dh, dh, part, 1), reference);
  EXPECT_NE(root_of(dh, kem, Bytes(100, 4), 1), reference);
  EXPECT_NE(root_of(dh, kem, part, 2), reference);
}

}  // namespace
}  // namespace pqc::ratchet
