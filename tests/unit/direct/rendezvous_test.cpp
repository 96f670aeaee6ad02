// Meeting by a code: who gets what, repeats, third parties, time, and room.
#include "server/rendezvous/rendezvous.h"

#include <gtest/gtest.h>

namespace pqc::server::rendezvous {
namespace {

using namespace std::chrono_literals;

constexpr Slot slot{1};
const Bytes alice{1, 2, 3};
const Bytes bob{4, 5};
const Bytes mallory{6};

class Meetings : public testing::Test {
 protected:
  Meeting meet(const Bytes& sealed, const Slot& where = slot) { return meetings_.meet(where, sealed, now_); }

  Rendezvous meetings_;
  Time now_{1h};
};

TEST_F(Meetings, EachGetsWhatTheOtherLeft) {
  EXPECT_EQ(meet(alice).outcome, Outcome::waiting);
  const auto second = meet(bob);
  EXPECT_EQ(second.outcome, Outcome::met);
  EXPECT_EQ(second.other, alice);
  const auto first = meet(alice);
  EXPECT_EQ(first.outcome, Outcome::met);
  EXPECT_EQ(first.other, bob);
}

TEST_F(Meetings, RepeatsChangeNothing) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meet(alice).outcome, Outcome::waiting);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meet(bob).other, alice);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meet(alice).other, bob);
  EXPECT_EQ(meetings_.size(), 1U);
}

TEST_F(Meetings, AThirdGetsNothingAndDisturbsNobody) {
  meet(alice);
  meet(bob);
  const auto third = meet(mallory);
  EXPECT_EQ(third.outcome, Outcome::taken);
  EXPECT_TRUE(third.other.empty());
  EXPECT_EQ(meet(alice).other, bob);
  EXPECT_EQ(meet(bob).other, alice);
}

TEST_F(Meetings, WhoWaitsIsToldOnce) {
  meet(alice);
  std::vector<Bytes> told;
  meetings_.wait(slot, [](ByteView) { FAIL() << "a later question took this one's place"; });
  meetings_.wait(slot, [&](ByteView other) { told.push_back(to_bytes(other)); });
  meet(bob);
  meet(bob);
  meet(mallory);
  EXPECT_EQ(told, std::vector<Bytes>{bob});
  meetings_.wait(slot, [](ByteView) { FAIL() << "they have met"; });
  meetings_.wait(Slot{9}, [](ByteView) { FAIL() << "nobody is there"; });
  meet(mallory);
}

TEST_F(Meetings, ASlotEndsWithItsTime) {
  EXPECT_EQ(meet(alice).left, slot_lifetime);
  now_ += slot_lifetime - 1ms;
  EXPECT_EQ(meet(alice).left, 1ms);
  now_ += 1ms;
  EXPECT_EQ(meet(bob).outcome, Outcome::waiting);
  EXPECT_EQ(meetings_.size(), 1U);
}

TEST_F(Meetings, RoomIsBoundedAndComesBack) {
  for (std::size_t i = 0; i < max_slots; ++i) {
    Slot other{};
    other[0] = static_cast<std::uint8_t>(i);
    other[1] = static_cast<std::uint8_t>(i >> 8);
    EXPECT_EQ(meet(alice, other).outcome, Outcome::waiting);
  }
  EXPECT_EQ(meet(alice, Slot{0, 0, 1}).outcome, Outcome::full);
  EXPECT_EQ(meet(bob, Slot{}).outcome, Outcome::met);
  now_ += slot_lifetime;
  EXPECT_EQ(meet(alice, Slot{0, 0, 1}).outcome, Outcome::waiting);
  EXPECT_EQ(meetings_.size(), 1U);
}

}  // namespace
}  // namespace pqc::server::rendezvous
