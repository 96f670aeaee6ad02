// Buckets that fill with time, and tables of them that no number of keys makes grow.
#include <string>

#include <gtest/gtest.h>

#include "base/rate_table.h"

namespace pqc {
namespace {

using namespace std::chrono_literals;
constexpr Rate rate{2, 3};
constexpr std::size_t most = 10;
const TokenBucket::Time start{1h};

TEST(TokenBucket, GivesTheBurstThenTheRate) {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(rate, start));
  EXPECT_FALSE(bucket.take(rate, start));
  EXPECT_FALSE(bucket.take(rate, start + 400ms));
  EXPECT_TRUE(bucket.take(rate, start + 600ms));
  EXPECT_FALSE(bucket.take(rate, start + 600ms));
  EXPECT_TRUE(bucket.full(rate, start + 1h));
}

TEST(RateTable, KeysDoNotShare) {
  RateTable<std::string> table(rate, most);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.take("one", start));
  EXPECT_FALSE(table.take("one", start));
  EXPECT_TRUE(table.take("two", start));
  EXPECT_FALSE(table.take("one", start + 400ms));
  EXPECT_TRUE(table.take("one", start + 600ms));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.take("one", start + 24h));
  EXPECT_FALSE(table.take("one", start + 24h)) << "not more than at first";
}

TEST(RateTable, LookingTakesNothing) {
  RateTable<std::string> table({.per_second = 1.0 / 60, .burst = 1}, most);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.would_take("one", start) && table.any("one", start));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.take("one", start));
  EXPECT_FALSE(table.would_take("one", start) || table.any("one", start));
  table.forget("one");
  EXPECT_TRUE(table.take("one", start));
}

TEST(RateTable, ADebtIsPaidByTime) {
  RateTable<int> table(rate, most);
  EXPECT_TRUE(table.any(1, start));
  table.charge(1, 0, start);
  table.charge(1, 11, start);
  EXPECT_FALSE(table.any(1, start + 4s));
  EXPECT_TRUE(table.any(1, start + 5s));
  EXPECT_TRUE(table.any(2, start));
}

TEST(RateTable, WhatIsChargedInDebtIsAddedToIt) {
  RateTable<int> table(rate, most);
  EXPECT_TRUE(table.any(1, start));
  EXPECT_TRUE(table.any(1, start)) << "a second one, before the first is charged";
  table.charge(1, 4, start);
  table.charge(1, 4, start);
  EXPECT_FALSE(table.any(1, start + 2900ms));
  EXPECT_TRUE(table.any(1, start + 3100ms));
}

TEST(RateTable, AFullOneLetsNewcomersWaitUntilOneHasItsFullShareAgain) {
  RateTable<std::string> table({.per_second = 1.0 / 60, .burst = 2}, 3);
  for (const auto* const name : {"one", "two", "three"}) EXPECT_TRUE(table.take(name, start));
  EXPECT_TRUE(table.take("one", start));
  EXPECT_FALSE(table.would_take("four", start));
  EXPECT_FALSE(table.take("four", start + 59s));
  table.charge("four", 2, start + 59s);
  EXPECT_TRUE(table.any("four", start + 59s)) << "what nobody can charge does not bar";
  EXPECT_EQ(table.size(), 3U);
  EXPECT_TRUE(table.take("four", start + 61s));
  EXPECT_EQ(table.size(), 2U) << "one, which is not full yet, and four";
}

}  // namespace
}  // namespace pqc
