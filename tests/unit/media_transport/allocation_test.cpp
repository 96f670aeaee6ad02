// A packet of a running call takes no memory, as far as our own code goes: OpenSSL allocates with malloc, which
// media_bench counts too.
#include <gtest/gtest.h>

#include "support.h"
#include "support/counted_new.h"

namespace pqc::media::testing {
namespace {

// Hands what is sent to the other session at the next turn, from memory that is there already.
class Hand final : public DatagramPath {
 public:
  void send(ByteView datagram) override {
    auto& place = places_[count_++ % places_.size()];
    std::ranges::copy(datagram, place.memory.begin());
    place.size = datagram.size();
  }
  void give_to(MediaSession& session, Time now) {
    for (std::size_t i = 0; i < count_; ++i) {
      session.handle_datagram(ByteView(places_[i].memory).first(places_[i].size), now);
    }
    count_ = 0;
  }

 private:
  struct Place {
    std::size_t size;
    std::array<std::uint8_t, 1'200> memory;
  };
  std::array<Place, 64> places_{};
  std::size_t count_ = 0;
};

TEST(MediaAllocation, NoneForAPacketOfARunningCall) {
  Call keys;
  Hand to_bob, to_alice;
  MediaObserver nobody;
  Time now{1h};
  auto alice = *MediaSession::start(keys.settings(CallSide::offerer), to_bob, nobody, keys.rng, now);
  auto bob = *MediaSession::start(keys.settings(CallSide::answerer), to_alice, nobody, keys.rng, now);
  const auto turn = [&] {
    now += 10ms;
    to_bob.give_to(*bob, now);
    to_alice.give_to(*alice, now);
    alice->poll(now);
    bob->poll(now);
  };
  for (int i = 0; i < 10; ++i) turn();
  ASSERT_EQ(bob->state(), SessionState::connected);
  const Bytes frame(81);
  const auto before = pqc::test_support::allocations;
  const auto arena_before = LockedArena::instance().in_use();
  for (std::uint32_t i = 0; i < 500; ++i) {
    std::ignore = alice->send_frame(StreamId::audio, 480 * i, frame, now);
    std::ignore = bob->send_frame(StreamId::audio, 480 * i, frame, now);
    turn();
  }
  EXPECT_EQ(pqc::test_support::allocations, before);
  EXPECT_EQ(LockedArena::instance().in_use(), arena_before);
  EXPECT_GE(bob->statistics(StreamId::audio).frames_received, 499u);
}

}  // namespace
}  // namespace pqc::media::testing
