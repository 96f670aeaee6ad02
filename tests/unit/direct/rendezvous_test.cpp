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
  Meeting meet(const Bytes& sealed, const Slot& where = slot) {
    return meetings_.meet(where, sealed, std::nullopt, now_);
  }
  // Takes a new slot.
  Outcome take(const Source& source) {
    Slot fresh{0xFF};
    fresh[1] = static_cast<std::uint8_t>(taken_);
    fresh[2] = static_cast<std::uint8_t>(taken_++ >> 8);
    return meetings_.meet(fresh, alice, source, now_).outcome;
  }

  Rendezvous meetings_;
  Time now_{1h};
  std::size_t taken_ = 0;
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

TEST_F(Meetings, Threat22OneSourceDoesNotTakeTheRoomOfAll) {
  const Source greedy{0x20, 1, 0xd, 0xb8, 0, 1, 0, 1};
  const Source modest{0x20, 1, 0xd, 0xb8, 0, 1, 0, 2};
  for (std::size_t i = 0; i < max_slots_of_source; ++i) ASSERT_EQ(take(greedy), Outcome::waiting);
  EXPECT_EQ(take(greedy), Outcome::greedy);
  EXPECT_EQ(take(modest), Outcome::waiting);
  // Who meets somebody takes no slot.
  EXPECT_EQ(meetings_.meet(Slot{0xFF}, bob, greedy, now_).outcome, Outcome::met);
  now_ += slot_lifetime;
  EXPECT_EQ(take(greedy), Outcome::waiting);
}

TEST_F(Meetings, Threat22OneSiteDoesNotTakeTheRoomOfAll) {
  Source source{0x20, 1, 0xd, 0xb8, 0, 1, 0, 0};
  const auto next = [&source](std::size_t i) {
    source[6] = static_cast<std::uint8_t>(i >> 8);
    source[7] = static_cast<std::uint8_t>(i);
    return source;
  };
  for (std::size_t i = 0; i < max_slots_of_site; ++i) ASSERT_EQ(take(next(i)), Outcome::waiting);
  EXPECT_EQ(take(next(max_slots_of_site)), Outcome::greedy);
  EXPECT_EQ(take({0x20, 1, 0xd, 0xb8, 0, 2, 0, 0}), Outcome::waiting);
  now_ += slot_lifetime;
  EXPECT_EQ(take(next(0)), Outcome::waiting);
}

// People behind neighbouring IPv4 addresses have nothing to do with each other.
TEST_F(Meetings, Ipv4AddressesHaveNoSite) {
  for (std::size_t i = 0; i <= max_slots_of_site; ++i)
    ASSERT_EQ(take({0, 0, 0xFF, 0xFF, 192, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}),
              Outcome::waiting);
}

}  // namespace
}  // namespace pqc::server::rendezvous
