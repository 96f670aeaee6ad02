// Blocks become frames of one size and one rhythm, whatever is said, and redundancy holds what was lost.
#include "media/voice/frame_encoder.h"

#include <set>

#include <gtest/gtest.h>

#include "media/voice/payload.h"
#include "support/speech.h"

namespace pqc::media::voice {
namespace {

struct Sent {
  std::uint16_t sequence;
  std::uint32_t timestamp;
  Bytes payload;
};

class FrameEncoderTest : public ::testing::Test {
 protected:
  OnFrame keep() {
    return [this](const EncodedFrame& frame) {
      sent_.push_back({frame.sequence, frame.timestamp, to_bytes(frame.payload)});
    };
  }
  void speak(FrameEncoder& encoder, int blocks) {
    Block block{};
    for (int i = 0; i < blocks; ++i) {
      speech_.fill(block);
      encoder.add(block, keep());
    }
  }
  void be_silent(FrameEncoder& encoder, int blocks) {
    for (int i = 0; i < blocks; ++i) encoder.add(Block{}, keep());
  }
  std::set<std::size_t> sizes() const {
    std::set<std::size_t> out;
    for (const auto& frame : sent_) out.insert(frame.payload.size());
    return out;
  }

  test::Speech speech_;
  std::vector<Sent> sent_;
};

TEST_F(FrameEncoderTest, Threat18SpeechAndSilenceHaveOneSize) {
  for (const std::uint32_t bitrate : {16'000U, 23'456U, 64'000U, 96'000U}) {
    for (const auto duration : {FrameDuration::ms10, FrameDuration::ms20, FrameDuration::ms40}) {
      for (const bool redundancy : {false, true}) {
        sent_.clear();
        auto encoder = FrameEncoder::create(bitrate, duration).value();
        encoder.set_rate({.bitrate = bitrate, .duration = duration, .redundancy = redundancy});
        speak(encoder, 80);
        be_silent(encoder, 40);
        speak(encoder, 40);
        EXPECT_EQ(sizes(), std::set{1 + opus_bytes(bitrate, duration) * (redundancy ? 2U : 1U)});
        EXPECT_EQ(sent_.size(), 160 / blocks_of(duration));
      }
    }
  }
}

TEST_F(FrameEncoderTest, TimestampsFollowTheDuration) {
  auto encoder = FrameEncoder::create(32'000, FrameDuration::ms10).value();
  speak(encoder, 2);
  encoder.set_rate({.bitrate = 32'000, .duration = FrameDuration::ms40});
  speak(encoder, 5);
  encoder.set_rate({.bitrate = 32'000, .duration = FrameDuration::ms20});
  speak(encoder, 5);
  std::vector<std::uint32_t> timestamps;
  for (const auto& frame : sent_) timestamps.push_back(frame.timestamp / 480);
  EXPECT_EQ(timestamps, (std::vector<std::uint32_t>{0, 1, 2, 6, 10}));
}

TEST_F(FrameEncoderTest, TheCopyIsTheFrameBefore) {
  auto encoder = FrameEncoder::create(64'000, FrameDuration::ms10).value();
  speak(encoder, 1);
  encoder.set_rate({.bitrate = 64'000, .redundancy = true});
  speak(encoder, 3);
  for (std::size_t i = 1; i < sent_.size(); ++i) {
    EXPECT_TRUE(equal(parse_payload(sent_[i].payload)->previous, parse_payload(sent_[i - 1].payload)->opus)) << i;
  }
}

TEST_F(FrameEncoderTest, ARateChangeLeavesOneCopyOut) {
  auto encoder = FrameEncoder::create(64'000, FrameDuration::ms10).value();
  encoder.set_rate({.bitrate = 64'000, .redundancy = true});
  speak(encoder, 3);
  encoder.set_rate({.bitrate = 32'000, .redundancy = true});
  speak(encoder, 2);
  EXPECT_TRUE(parse_payload(sent_[3].payload)->previous.empty());
  EXPECT_FALSE(parse_payload(sent_[4].payload)->previous.empty());
  EXPECT_EQ(sent_[3].payload.size(), sent_[4].payload.size());
}

TEST_F(FrameEncoderTest, WhatIsDecodedIsWhatWasSaid) {
  for (const auto duration : {FrameDuration::ms10, FrameDuration::ms40}) {
    sent_.clear();
    speech_ = test::Speech(7);
    auto encoder = FrameEncoder::create(64'000, duration).value();
    speak(encoder, 100);
    auto decoder = Decoder::create().value();
    std::vector<std::int16_t> heard(48'000);
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto out = std::span(heard).subspan(i * samples_of(duration), samples_of(duration));
      ASSERT_TRUE(decoder.decode(parse_payload(sent_[i].payload)->opus, out));
    }
    const auto said = test::Speech(7).take(47'000);
    const auto like = test::likeness(said, heard, 100, 140);
    EXPECT_GT(like.correlation, 0.9);
    EXPECT_EQ(like.shift, 120);  // the look-ahead of 2.5 ms
  }
}

}  // namespace
}  // namespace pqc::media::voice
