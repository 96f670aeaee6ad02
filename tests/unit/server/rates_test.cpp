#include <gtest/gtest.h>

#include "server/rate_table.h"

namespace pqc::server {
namespace {

using namespace std::chrono_literals;
constexpr Rate rate{2, 3};
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
  RateTable<int> table(rate);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.take(1, start));
  EXPECT_FALSE(table.take(1, start));
  EXPECT_TRUE(table.take(2, start));
}

TEST(RateTable, ADebtIsPaidByTime) {
  RateTable<int> table(rate);
  EXPECT_TRUE(table.any(1, start));
  table.charge(1, 0, start);
  table.charge(1, 11, start);
  EXPECT_FALSE(table.any(1, start + 4s));
  EXPECT_TRUE(table.any(1, start + 5s));
  EXPECT_TRUE(table.any(2, start));
}

TEST(RateTable, WhatIsChargedInDebtIsAddedToIt) {
  RateTable<int> table(rate);
  EXPECT_TRUE(table.any(1, start));
  EXPECT_TRUE(table.any(1, start)) << "a second one, before the first is charged";
  table.charge(1, 4, start);
  table.charge(1, 4, start);
  EXPECT_FALSE(table.any(1, start + 2900ms));
  EXPECT_TRUE(table.any(1, start + 3100ms));
}

TEST(RateTable, IsBounded) {
  RateTable<std::size_t> table(rate);
  for (std::size_t i = 0; i < max_rate_keys; ++i) ASSERT_TRUE(table.take(i, start));
  EXPECT_FALSE(table.take(max_rate_keys, start));
  EXPECT_TRUE(table.take(max_rate_keys, start + 1h));
}

}  // namespace
}  // namespace pqc::server
