#include "histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace pqc::bench {
namespace {

TEST(Histogram, AnswersZeroWhileEmpty) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.min(), 0U);
  EXPECT_EQ(empty.max(), 0U);
  EXPECT_EQ(empty.percentile(99), 0U);
  EXPECT_EQ(empty.mean(), 0);
}

TEST(Histogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value);
  EXPECT_EQ(histogram.percentile(50), 50U);
  EXPECT_EQ(histogram.percentile(90), 90U);
  EXPECT_EQ(histogram.percentile(100), 100U);
  EXPECT_EQ(histogram.percentile(0), 1U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
}

TEST(Histogram, TakesTheLargestValues) {
  Histogram histogram;
  histogram.record(0);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), UINT64_MAX);
  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.percentile(100), UINT64_MAX);
}

TEST(Histogram, IsWithinOnePerCentOfTheSortedValues) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> durations(13, 2);
  Histogram histogram;
  std::vector<std::uint64_t> values(20'000);
  for (auto& value : values) {
    value = static_cast<std::uint64_t>(durations(random));
    histogram.record(value);
  }
  std::ranges::sort(values);
  for (const double percent : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto index = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size()))) - 1;
    const auto exact = static_cast<double>(values[index]);
    const auto told = static_cast<double>(histogram.percentile(percent));
    EXPECT_GE(told, exact) << percent;
    EXPECT_LE(told, exact * 1.01 + 1) << percent;
  }
}

TEST(Histogram, AddsUp) {
  Histogram a;
  Histogram b;
  a.record(10);
  b.record(30);
  a.add(b);
  EXPECT_EQ(a.count(), 2U);
  EXPECT_EQ(a.min(), 10U);
  EXPECT_EQ(a.max(), 30U);
  EXPECT_DOUBLE_EQ(a.mean(), 20);
}

}  // namespace
}  // namespace pqc::bench
