// Stretching leaves out or repeats whole periods: pitch stays, joints are smooth, and where nothing is alike it does
// nothing.
#include "media/voice/time_stretch.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "support/speech.h"

namespace pqc::media::voice {
namespace {

// A tone with overtones, with a history before it.
void tone(SampleQueue& queue, double hertz, std::size_t count) {
  std::vector<std::int16_t> samples(SampleQueue::history_size + count);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 48'000;
    samples[i] = static_cast<std::int16_t>(6000 * std::sin(phase) + 2000 * std::sin(3 * phase + 1));
  }
  std::ranges::copy(samples, queue.append(samples.size()).begin());
  std::vector<std::int16_t> gone(SampleQueue::history_size);
  queue.take(gone);
}

// The greatest step between neighbours.
int roughness(SampleQueue& queue) {
  const auto samples = queue.all();
  int most = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) most = std::max(most, std::abs(samples[i] - samples[i - 1]));
  return most;
}

TEST(TimeStretch, WholePeriodsAreLeftOutOrRepeated) {
  for (const double hertz : {100.0, 160.0, 240.0, 400.0}) {
    const auto period = static_cast<std::size_t>(48'000 / hertz);
    SampleQueue queue;
    tone(queue, hertz, 1400);
    const int before = roughness(queue);
    const auto removed = shorten(queue, 600);
    EXPECT_GT(removed, 0U) << hertz;
    EXPECT_LE(removed % period + 2, period + 4);
    EXPECT_EQ(queue.size(), 1400 - removed);
    EXPECT_LE(roughness(queue), before * 5 / 4) << hertz;
    const auto inserted = lengthen(queue, 600);
    EXPECT_GT(inserted, 0U) << hertz;
    EXPECT_EQ(queue.size(), 1400 - removed + inserted);
    EXPECT_LE(roughness(queue), before * 5 / 4) << hertz;
  }
}

TEST(TimeStretch, NoiseIsLeftAlone) {
  SampleQueue queue;
  std::mt19937 random(1);
  for (auto& sample : queue.append(1400))
    sample = static_cast<std::int16_t>(static_cast<int>(random() % 20'000) - 10'000);
  EXPECT_EQ(shorten(queue, 600), 0U);
  EXPECT_EQ(lengthen(queue, 600), 0U);
  EXPECT_EQ(queue.size(), 1400U);
}

TEST(TimeStretch, SilenceGivesAllThatIsAskedFor) {
  SampleQueue queue;
  static_cast<void>(queue.append(1400));
  EXPECT_EQ(shorten(queue, 333), 333U);
  EXPECT_EQ(lengthen(queue, 444), 444U);
}

TEST(TimeStretch, TooLittleIsLeftAlone) {
  SampleQueue queue;
  EXPECT_EQ(shorten(queue, 600), 0U);
  EXPECT_EQ(lengthen(queue, 600), 0U);
  static_cast<void>(queue.append(limits::fade_samples + limits::shortest_period - 1));
  EXPECT_EQ(shorten(queue, 600), 0U);
  EXPECT_EQ(lengthen(queue, limits::shortest_period - 1), 0U);
}

TEST(TimeStretch, AMergeFindsThePhase) {
  std::vector<std::int16_t> before(480);
  std::vector<std::int16_t> next(960);
  for (std::size_t i = 0; i < next.size(); ++i) {
    const auto wave = [&](std::size_t at) {
      return 8000 * std::sin(2 * std::numbers::pi * static_cast<double>(at) / 240);
    };
    if (i < before.size()) before[i] = static_cast<std::int16_t>(wave(i));
    next[i] = static_cast<std::int16_t>(wave(i + 180));
  }
  SampleQueue queue;
  EXPECT_NEAR(static_cast<double>(merge(queue, before, next)), 60, 1);
  EXPECT_LE(roughness(queue), 300);
}

}  // namespace
}  // namespace pqc::media::voice
