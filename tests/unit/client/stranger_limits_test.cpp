// Rates for each account, in a table that no number of accounts makes grow.
#include "client/messages/stranger_limits.h"

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

using namespace std::chrono_literals;

constexpr AccountRates::Time start{100s};

TEST(AccountRates, EachAccountHasItsOwn) {
  AccountRates rates({.per_second = 1.0 / 60, .burst = 2}, 10);
  EXPECT_TRUE(rates.take("one", start));
  EXPECT_TRUE(rates.take("one", start));
  EXPECT_FALSE(rates.any("one", start));
  EXPECT_FALSE(rates.take("one", start));
  EXPECT_TRUE(rates.take("two", start));
  EXPECT_FALSE(rates.take("one", start + 59s));
  EXPECT_TRUE(rates.take("one", start + 61s));
  EXPECT_FALSE(rates.take("one", start + 61s));
  EXPECT_TRUE(rates.take("one", start + 24h));
  EXPECT_TRUE(rates.take("one", start + 24h));
  EXPECT_FALSE(rates.take("one", start + 24h)) << "not more than at first";
}

TEST(AccountRates, LookingTakesNothing) {
  AccountRates rates({.per_second = 1.0 / 60, .burst = 1}, 10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rates.any("one", start));
  EXPECT_EQ(rates.size(), 0U);
  EXPECT_TRUE(rates.take("one", start));
  EXPECT_FALSE(rates.any("one", start));
  rates.forget("one");
  EXPECT_TRUE(rates.take("one", start));
}

TEST(AccountRates, AFullTableLetsNewcomersWaitUntilOneHasItsFullShareAgain) {
  AccountRates rates({.per_second = 1.0 / 60, .burst = 2}, 3);
  for (const auto* const name : {"one", "two", "three"}) EXPECT_TRUE(rates.take(name, start));
  EXPECT_TRUE(rates.take("one", start));
  EXPECT_FALSE(rates.any("four", start));
  EXPECT_FALSE(rates.take("four", start + 59s));
  EXPECT_EQ(rates.size(), 3U);
  EXPECT_TRUE(rates.take("four", start + 61s));
  EXPECT_EQ(rates.size(), 2U) << "one, which is not full yet, and four";
}

}  // namespace
}  // namespace pqc::client
