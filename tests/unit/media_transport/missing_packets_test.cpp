#include "media/transport/missing_packets.h"

#include <vector>

#include <gtest/gtest.h>

#include "media/transport/pacer.h"

namespace pqc::media {
namespace {

using namespace std::chrono_literals;
using Asked = std::vector<std::uint16_t>;

class MissingPacketsTest : public testing::Test {
 protected:
  Asked ask(Time when) {
    const auto asked = missing.requests(when, 50ms);
    return {asked.begin(), asked.end()};
  }
  Time now{1h};
  MissingPackets missing;
};

TEST_F(MissingPacketsTest, AsksForGapsOnceTheyHaveLasted) {
  missing.arrived(65'534, now);
  missing.arrived(65'537, now);
  EXPECT_EQ(missing.due(), now + 20ms);
  EXPECT_EQ(ask(now + 19ms), Asked{});
  EXPECT_EQ(ask(now + 20ms), (Asked{65'535, 0}));
  missing.arrived(65'535, now + 30ms);
  EXPECT_EQ(ask(now + 70ms), Asked{0});
}

TEST_F(MissingPacketsTest, GivesUpAfterThreeTimes) {
  missing.arrived(1, now);
  missing.arrived(3, now);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(now + 20ms + i * 50ms), Asked{2});
  EXPECT_EQ(ask(now + 10s), Asked{});
  EXPECT_FALSE(missing.due());
}

TEST_F(MissingPacketsTest, RemembersTheLatestOfALongGap) {
  missing.arrived(0, now);
  missing.arrived(10'000, now);
  const auto asked = ask(now + 1s);
  ASSERT_EQ(asked.size(), limits::missing_packets);
  EXPECT_EQ(asked.front(), 10'000 - 64);
  EXPECT_EQ(asked.back(), 9'999);
}

TEST(PacerTest, GivesUpTheOldestWhenItIsFull) {
  Pacer pacer;
  const Time now{1h};
  pacer.set_rate(8'000);  // a thousand bytes a second
  EXPECT_TRUE(pacer.pass(100, now));
  EXPECT_FALSE(pacer.pass(100, now));
  for (std::size_t i = 0; i < limits::paced_packets; ++i) EXPECT_TRUE(pacer.push(Bytes(100), static_cast<int>(i)));
  EXPECT_FALSE(pacer.push(Bytes(100), limits::paced_packets));
  EXPECT_EQ(pacer.pop(now), nullptr);
  const auto due = pacer.due();
  ASSERT_TRUE(due);
  EXPECT_NEAR(std::chrono::duration<double>(*due - now).count(), 0.1, 0.01);
  const auto* packet = pacer.pop(*due);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->transport_sequence, 1);
  pacer.set_rate(0);
  for (std::size_t i = 1; i < limits::paced_packets; ++i) EXPECT_NE(pacer.pop(*due), nullptr);
  EXPECT_TRUE(pacer.pass(100, *due));
}

}  // namespace
}  // namespace pqc::media
