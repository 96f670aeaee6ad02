// The ring between a sound device's thread and the engine's: everything comes out once and in order, or is refused as a
// whole.
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "media/voice/spsc_ring.h"

namespace pqc::media::voice {
namespace {

TEST(SpscRing, TwoThreadsSeeOneOrder) {
  SpscRing<256> ring;
  constexpr int count = 100'000;
  std::thread writer([&] {
    std::vector<std::int16_t> piece(7);
    for (int at = 0; at < count; at += 7) {
      for (int i = 0; i < 7; ++i) piece[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(at + i);
      while (!ring.write(piece)) std::this_thread::yield();
    }
  });
  std::vector<std::int16_t> out(64);
  int wrong = 0;
  for (int at = 0; at < count;) {
    const auto got = ring.read(out);
    if (got == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < got; ++i, ++at) wrong += out[i] != static_cast<std::int16_t>(at) ? 1 : 0;
  }
  writer.join();
  EXPECT_EQ(wrong, 0);
}

TEST(SpscRing, WhatDoesNotFitIsRefused) {
  SpscRing<16> ring;
  const std::vector<std::int16_t> ten(10, 1);
  EXPECT_TRUE(ring.write(ten));
  EXPECT_FALSE(ring.write(ten));
  EXPECT_EQ(ring.size(), 10U);
  std::vector<std::int16_t> out(12);
  EXPECT_EQ(ring.read(out), 10U);
  EXPECT_EQ(ring.read(out), 0U);
  EXPECT_TRUE(ring.write(std::vector<std::int16_t>(16, 2)));
}

}  // namespace
}  // namespace pqc::media::voice
