#include "media/rtp/reception.h"

#include <gtest/gtest.h>

namespace pqc::media::rtp {
namespace {

using namespace std::chrono_literals;

TEST(Reception, CountsWhatIsMissing) {
  Reception of(48'000);
  for (int i = 0; i < 100; ++i) {
    if (i % 4 == 3) continue;  // a quarter
    of.add(65'500 + i, static_cast<std::uint32_t>(480 * i), i * 10ms);
  }
  const auto block = of.report();
  EXPECT_EQ(of.lost(), 24);  // the last one is not known to be missing
  EXPECT_EQ(block.cumulative_lost, 24);
  EXPECT_EQ(block.highest_sequence, 65'598u);
  EXPECT_EQ(block.fraction_lost, 24 * 256 / 99);
  EXPECT_EQ(block.jitter, 0u);
  // Nothing since then.
  EXPECT_EQ(of.report().fraction_lost, 0);
}

TEST(Reception, LatePacketsMakeUpForLoss) {
  Reception of(48'000);
  of.add(10, 0, 0ms);
  of.add(12, 960, 20ms);
  EXPECT_EQ(of.report().cumulative_lost, 1);
  of.add(11, 480, 25ms);
  const auto block = of.report();
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.fraction_lost, 0);
}

// RFC 3550 A.8: a sixteenth of each change of transit time.
TEST(Reception, JitterConvergesToTheMeanDeviation) {
  Reception of(48'000);
  for (int i = 0; i < 400; ++i) of.add(i, static_cast<std::uint32_t>(480 * i), i * 10ms + (i % 2 == 0 ? 0ms : 2ms));
  EXPECT_NEAR(static_cast<double>(of.report().jitter), 96, 2);
  EXPECT_NEAR(static_cast<double>(of.jitter().count()), 2'000, 50);
}

TEST(Reception, JitterSurvivesAWrapOfTheTimestamp) {
  Reception of(48'000);
  for (int i = 0; i < 10; ++i) of.add(i, static_cast<std::uint32_t>(480 * i) - 2'400U, i * 10ms);
  EXPECT_EQ(of.report().jitter, 0u);
}

}  // namespace
}  // namespace pqc::media::rtp
