#include "support/impaired_link.h"

#include <vector>

#include <gtest/gtest.h>

namespace pqc::test {
namespace {

using namespace std::chrono_literals;
using Micros = Impairment::Micros;

constexpr int many = 20'000;

// A packet of 100 bytes every 10 ms: when each came out; -1: never.
std::vector<Micros> run(const Impairment& impairment, std::uint64_t seed = 1, int packets = many) {
  ImpairedLink link(seed);
  link.set(impairment);
  std::vector<Micros> out;
  for (int i = 0; i < packets; ++i) {
    const auto exits = link.send(100, 10ms * i);
    out.push_back(exits.times().empty() ? Micros(-1) : exits.times()[0]);
  }
  return out;
}

double lost_share(const std::vector<Micros>& out) {
  return static_cast<double>(std::ranges::count(out, Micros(-1))) / static_cast<double>(out.size());
}

TEST(ImpairedLink, WithoutSettingsAllPassAtOnce) {
  const auto out = run({});
  for (int i = 0; i < many; ++i) ASSERT_EQ(out[static_cast<std::size_t>(i)], 10ms * i);
}

TEST(ImpairedLink, TheSeedDecides) {
  const Impairment all{.loss = 0.1, .burst_enter = 0.01, .burst_leave = 0.3, .delay = 50ms, .jitter = 30ms};
  EXPECT_EQ(run(all, 7), run(all, 7));
  EXPECT_NE(run(all, 7), run(all, 8));
}

TEST(ImpairedLink, LossesDoNotDependOnTheRest) {
  const auto alone = run({.loss = 0.1});
  const auto late = run({.loss = 0.1, .delay = 50ms, .jitter = 30ms, .reorder = 0.5, .duplicate = 0.5});
  for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_EQ(alone[i] < 0ms, late[i] < 0ms);
}

TEST(ImpairedLink, LossIsTheShareThatWasAskedFor) {
  EXPECT_NEAR(lost_share(run({.loss = 0.1})), 0.1, 0.01);
}

TEST(ImpairedLink, BurstsAreAsOftenAndAsLongAsWasAskedFor) {
  const auto out = run({.burst_enter = 0.02, .burst_leave = 0.25});
  // In the bad state for 0.02 / (0.02 + 0.25) of the time, four packets each time.
  EXPECT_NEAR(lost_share(out), 0.074, 0.01);
  double bursts = 0;
  for (std::size_t i = 1; i < out.size(); ++i) bursts += out[i] < 0ms && out[i - 1] >= 0ms ? 1 : 0;
  EXPECT_NEAR(lost_share(out) * many / bursts, 4, 0.4);
}

TEST(ImpairedLink, JitterIsEvenAroundTheDelay) {
  const auto out = run({.delay = 50ms, .jitter = 30ms});
  Micros least = 1s, most = 0s, sum = 0s;
  bool overtaken = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto took = out[i] - 10ms * static_cast<int>(i);
    least = std::min(least, took);
    most = std::max(most, took);
    sum += took;
    overtaken = overtaken || (i > 0 && out[i] < out[i - 1]);
  }
  EXPECT_GE(least, 20ms);
  EXPECT_LE(most, 80ms);
  EXPECT_NEAR(static_cast<double>((most - least).count()), 60'000, 500);
  EXPECT_NEAR(static_cast<double>(sum.count()) / many, 50'000, 500);
  EXPECT_TRUE(overtaken);
  EXPECT_TRUE(std::ranges::is_sorted(run({.delay = 50ms, .jitter = 30ms, .keep_order = true})));
}

TEST(ImpairedLink, SomeComeLaterAndSomeTwice) {
  ImpairedLink link(3);
  link.set({.reorder = 0.05, .reorder_by = 40ms, .duplicate = 0.02});
  int late = 0, twice = 0;
  for (int i = 0; i < many; ++i) {
    const auto exits = link.send(100, 10ms * i);
    late += exits.times()[0] - 10ms * i == 40ms ? 1 : 0;
    twice += exits.times().size() == 2 ? 1 : 0;
  }
  EXPECT_NEAR(late, 0.05 * many, 100);
  EXPECT_NEAR(twice, 0.02 * many, 80);
  EXPECT_EQ(link.counts().repeated, static_cast<std::uint64_t>(twice));
}

TEST(ImpairedLink, TheBottleneckPassesItsRateAndItsQueueIsBounded) {
  ImpairedLink link(1);
  link.set({.bits_per_second = 40'000, .queue = 100ms});
  Micros last{0}, worst{0};
  for (int i = 0; i < 2'000; ++i) {
    const auto exits = link.send(100, 10ms * i);
    if (exits.times().empty()) continue;
    EXPECT_GE(exits.times()[0], last);
    last = exits.times()[0];
    worst = std::max(worst, last - 10ms * i);
  }
  // 20 s of 40 kbit/s, and what waits at the end.
  EXPECT_NEAR(static_cast<double>(link.counts().passed_bytes), 100'000, 1'000);
  EXPECT_GT(worst, 100ms);
  EXPECT_LE(worst, 120ms);
  EXPECT_EQ(link.counts().packets, link.counts().passed + link.counts().dropped);
}

TEST(ImpairedLink, AWiderBottleneckLetsNobodyOvertake) {
  ImpairedLink link(1);
  link.set({.bits_per_second = 8'000, .queue = 1s});
  for (int i = 0; i < 5; ++i) static_cast<void>(link.send(100, 0ms));
  link.set({});
  EXPECT_EQ(link.send(100, 1ms).times()[0], 500ms);
  EXPECT_EQ(link.waiting(1ms), 499ms);
  EXPECT_EQ(link.send(100, 700ms).times()[0], 700ms);
}

}  // namespace
}  // namespace pqc::test
