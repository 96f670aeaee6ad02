#include "server/relay/subscription.h"

#include <gtest/gtest.h>

namespace pqc::server::relay {
namespace {

using storage::MessageId;

TEST(Subscription, BecomesLiveAfterAnEmptyPage) {
  Subscription subscription({10});
  const auto read = subscription.next_read();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->after.value, 10u);
  EXPECT_FALSE(subscription.next_read()) << "one read at a time";
  EXPECT_FALSE(subscription.offer({11}, 5)) << "the read may find it";
  subscription.read_one({11}, 5);
  subscription.read_done(1);
  EXPECT_FALSE(subscription.live());
  ASSERT_TRUE(subscription.next_read());
  subscription.read_done(0);
  EXPECT_TRUE(subscription.live());
  EXPECT_FALSE(subscription.offer({11}, 5)) << "sent already";
  EXPECT_TRUE(subscription.offer({12}, 5));
  EXPECT_EQ(subscription.sent().value, 12u);
}

TEST(Subscription, AFullWindowGoesBackToReading) {
  Subscription subscription({0});
  ASSERT_TRUE(subscription.next_read());
  subscription.read_done(0);
  for (std::uint64_t i = 1; i <= window_items; ++i) ASSERT_TRUE(subscription.offer({i}, 1));
  EXPECT_FALSE(subscription.offer({window_items + 1}, 1));
  EXPECT_FALSE(subscription.live());
  EXPECT_FALSE(subscription.next_read()) << "no room";
  subscription.acknowledged({window_items / 2});
  const auto read = subscription.next_read();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->after.value, window_items);
  EXPECT_LE(read->items, window_items / 2);
}

TEST(Subscription, BytesFillTheWindowToo) {
  Subscription subscription({0});
  ASSERT_TRUE(subscription.next_read());
  subscription.read_done(0);
  ASSERT_TRUE(subscription.offer({1}, window_bytes));
  EXPECT_FALSE(subscription.offer({2}, 1));
  subscription.acknowledged({1});
  EXPECT_TRUE(subscription.next_read());
}

}  // namespace
}  // namespace pqc::server::relay
