// What an echo service sends back: everything as it came and in its order, a moment later, in bounded memory.
#include "client/calls/echo_line.h"

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

using namespace std::chrono_literals;

constexpr EchoLine::Time start{100s};

TEST(EchoLine, GivesFramesBackInTheirOrderWhenTheyAreDue) {
  EchoLine line;
  EXPECT_FALSE(line.next());
  line.received(480, Bytes{0, 1, 2}, start);
  line.received(960, Bytes{0, 3}, start + 10ms);
  EXPECT_EQ(line.next(), start + limits::echo_delay);
  EXPECT_EQ(line.take(start + limits::echo_delay - 1ms), nullptr);
  const auto* first = line.take(start + limits::echo_delay);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->timestamp, 480U);
  EXPECT_EQ(to_bytes(first->payload()), (Bytes{0, 1, 2}));
  EXPECT_EQ(line.take(start + limits::echo_delay), nullptr) << "the second is due later";
  EXPECT_EQ(line.take(start + 2 * limits::echo_delay)->timestamp, 960U);
  EXPECT_FALSE(line.next());
}

TEST(EchoLine, KeepsNoMoreThanItHasRoomFor) {
  EchoLine line;
  for (std::uint32_t i = 0; i < 2 * limits::echo_frames; ++i) line.received(i, Bytes{0, 1}, start);
  std::uint32_t count = 0;
  while (const auto* frame = line.take(start + 1min)) EXPECT_EQ(frame->timestamp, count++);
  EXPECT_EQ(count, limits::echo_frames);
  line.received(0, Bytes(limits::call_frame_bytes + 1), start);
  EXPECT_FALSE(line.next());
}

TEST(EchoLine, DoesNotSayThatTheServiceRecords) {
  EchoLine line;
  Bytes payload{0, 1, 2};
  media::voice::mark_recorded(payload, true);
  line.received(0, payload, start);
  EXPECT_FALSE(media::voice::is_recorded(line.take(start + 1min)->payload()));
}

}  // namespace
}  // namespace pqc::client
