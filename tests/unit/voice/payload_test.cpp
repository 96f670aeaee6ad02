// The payload's layout: what is written is read back, and what docs/spec/voice.md §2 forbids is refused.
#include "media/voice/payload.h"

#include <gtest/gtest.h>

#include "media/voice/opus_codec.h"

namespace pqc::media::voice {
namespace {

Bytes opus_packet(FrameDuration duration, std::uint32_t bitrate = 64'000) {
  auto encoder = Encoder::create(bitrate).value();
  const std::vector<std::int16_t> samples(samples_of(duration), 1000);
  Bytes out(limits::opus_packet_bytes);
  return to_bytes(encoder.encode(samples, duration, out).value());
}

Bytes written(const Payload& payload) {
  Bytes out(limits::payload_bytes);
  return to_bytes(write_payload(payload, out));
}

TEST(VoicePayload, EveryShapeIsReadBack) {
  for (const auto duration : {FrameDuration::ms10, FrameDuration::ms20, FrameDuration::ms40}) {
    const auto opus = opus_packet(duration);
    const auto alone = written({.duration = duration, .opus = opus, .redundancy = false, .previous = {}});
    EXPECT_EQ(alone.size(), 1 + opus.size());
    EXPECT_TRUE(equal(parse_payload(alone)->opus, opus));

    const auto both = written({.duration = duration, .opus = opus, .redundancy = true, .previous = opus});
    EXPECT_EQ(both.size(), 1 + 2 * opus.size());
    const auto read = parse_payload(both);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->duration, duration);
    EXPECT_TRUE(equal(read->opus, opus) && equal(read->previous, opus));
  }
}

TEST(VoicePayload, APreviousFrameOfAnotherSizeLeavesTheSizeAsItIs) {
  const auto opus = opus_packet(FrameDuration::ms10);
  const auto other = opus_packet(FrameDuration::ms10, 32'000);
  const auto bytes = written({.duration = FrameDuration::ms10, .opus = opus, .redundancy = true, .previous = other});
  EXPECT_EQ(bytes.size(), 1 + 2 * opus.size());
  EXPECT_TRUE(parse_payload(bytes)->previous.empty());
}

TEST(VoicePayload, SaysWhetherItsSenderRecordsAndNothingElseChanges) {
  const auto plain = written(
      {.duration = FrameDuration::ms10, .opus = opus_packet(FrameDuration::ms10), .redundancy = false, .previous = {}});
  auto marked = plain;
  mark_recorded(marked, true);
  EXPECT_TRUE(is_recorded(marked));
  EXPECT_FALSE(is_recorded(plain));
  EXPECT_EQ(marked.size(), plain.size());
  ASSERT_TRUE(parse_payload(marked));
  EXPECT_TRUE(std::ranges::equal(parse_payload(marked)->opus, parse_payload(plain)->opus));
  mark_recorded(marked, false);
  EXPECT_EQ(marked, plain);
}

TEST(VoicePayload, WhatTheSpecificationForbidsIsRefused) {
  const auto good = written(
      {.duration = FrameDuration::ms10, .opus = opus_packet(FrameDuration::ms10), .redundancy = false, .previous = {}});
  ASSERT_TRUE(parse_payload(good));
  for (const unsigned header : {0x20U, 0x40U, 0x80U, 0x03U, 0x08U, 0x01U, 0x02U}) {
    auto bad = good;
    bad[0] = static_cast<std::uint8_t>(header);
    EXPECT_FALSE(parse_payload(bad)) << header;
  }
  EXPECT_FALSE(parse_payload({}));
  EXPECT_FALSE(parse_payload(ByteView(good).first(1)));
  auto odd = good;
  odd[0] = 0x04;
  odd.push_back(0);
  EXPECT_FALSE(parse_payload(odd));
  Bytes huge = good;
  huge.resize(limits::payload_bytes + 10);
  EXPECT_FALSE(parse_payload(huge));
}

}  // namespace
}  // namespace pqc::media::voice
