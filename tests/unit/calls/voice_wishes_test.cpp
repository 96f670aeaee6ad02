// What the user and the other side want of our voice is kept.
#include "client/calls/voice_wishes.h"

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

using media::voice::FrameDuration;

media::voice::Settings kept(std::uint32_t units, std::uint32_t bit_rate) {
  media::voice::Settings out;
  out.duration = FrameDuration::ms40;
  CallDescription wanted;
  wanted.frame_units = units;
  wanted.bit_rate = bit_rate;
  keep_to(rate_limits(wanted), out);
  return out;
}

TEST(VoiceWishesTest, SoundOfAMicrophoneIsProcessedUnlessTheUserDoesNotWantIt) {
  EXPECT_TRUE(voice_settings({}).processing);
  EXPECT_TRUE(voice_settings({.in = "USB mic", .out = "heard.wav"}).processing);
  EXPECT_FALSE(voice_settings({.in = "USB mic", .processing = false}).processing);
  EXPECT_FALSE(voice_settings({.in = "said.wav"}).processing) << "a file is played as it is";
}

TEST(VoiceWishesTest, FramesAreNoLongerAndRatesNoHigherThanWanted) {
  EXPECT_EQ(kept(1, 64'000).duration, FrameDuration::ms10);
  EXPECT_EQ(kept(2, 64'000).duration, FrameDuration::ms20);
  EXPECT_EQ(kept(4, 64'000).duration, FrameDuration::ms40);
  EXPECT_EQ(kept(4, 24'000).bitrate, 24'000U);
  EXPECT_EQ(kept(4, 6'000).bitrate, media::voice::limits::least_bitrate);
  EXPECT_EQ(kept(4, 510'000).bitrate, media::voice::Settings().bitrate) << "more than wanted is not made of it";
}

}  // namespace
}  // namespace pqc::client
