// The jitter buffer in virtual time: what is heard over clean and bad networks, how long it waits, and that nothing
// that arrives upsets it.
#include "media/voice/jitter_buffer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/voice_path.h"

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;
using test::Impairment;
using test::VoiceMoment;
using test::VoicePath;

const VoiceMoment& at(const std::vector<VoiceMoment>& moments, Micros time) {
  return *std::ranges::find_if(moments, [&](const auto& m) { return m.at >= time; });
}

Micros most_delay(const std::vector<VoiceMoment>& moments, Micros from, Micros to) {
  Micros most{0};
  for (const auto& m : moments) {
    if (m.at >= from && m.at < to) most = std::max(most, m.delay);
  }
  return most;
}

// Trouble from 5 s to 25 s, then quiet until 36 s.
std::vector<VoiceMoment> troubled(const Impairment& bad, bool redundancy,
                                  FrameDuration duration = FrameDuration::ms10) {
  test::VoiceScenario scenario{.length = 36s, .redundancy = redundancy, .duration = duration};
  scenario.network = [=](Micros now) { return now >= 5s && now < 25s ? bad : test::clean_network; };
  return VoicePath(scenario).run();
}

TEST(JitterBuffer, ACleanPathIsPlayedAsItIs) {
  std::vector<std::int16_t> heard;
  const auto moments = VoicePath({.length = 8s}).run([&](std::span<const std::int16_t> block) {
    heard.insert(heard.end(), block.begin(), block.end());
  });
  EXPECT_EQ(moments.back().counts.concealed_samples, 0U);
  EXPECT_LE(moments.back().delay, 15ms);
  const auto said = test::Speech(3).take(48'000 * 7);
  // After 5 s, when the delay has settled.
  const auto part = std::span(said).subspan(48'000 * 5, 9'600);
  const auto like = test::find_likeness(part, std::span(heard).subspan(48'000 * 5), 0, 4'800);
  EXPECT_GT(like.correlation, 0.9);
}

TEST(JitterBuffer, LossIsConcealedAndCopiesRecoverIt) {
  const auto alone = troubled({.loss = 0.1, .delay = 20ms}, false);
  EXPECT_NEAR(test::concealed_share(at(alone, 5s), at(alone, 25s)), 0.1, 0.04);
  const auto copies = troubled({.loss = 0.1, .delay = 20ms}, true);
  EXPECT_LT(test::concealed_share(at(copies, 5s), at(copies, 25s)), 0.03);
  EXPECT_GT(copies.back().counts.recovered_frames, 100U);
  EXPECT_LE(most_delay(copies, 10s, 25s), 40ms);
}

TEST(JitterBuffer, LongerFramesAreRecoveredToo) {
  for (const auto duration : {FrameDuration::ms20, FrameDuration::ms40}) {
    const auto copies = troubled({.loss = 0.1, .delay = 20ms}, true, duration);
    EXPECT_LT(test::concealed_share(at(copies, 5s), at(copies, 25s)), 0.05);
    EXPECT_GT(copies.back().counts.recovered_frames, 20U);
  }
}

TEST(JitterBuffer, ItFollowsJitterUpAndDown) {
  const auto moments = troubled({.delay = 50ms, .jitter = 30ms}, false);
  EXPECT_LT(test::concealed_share(at(moments, 7s), at(moments, 25s)), 0.03);
  EXPECT_GE(at(moments, 7s).delay, 45ms);
  EXPECT_LE(most_delay(moments, 7s, 25s), 80ms);
  EXPECT_LE(most_delay(moments, 34s, 36s), 16ms);
}

TEST(JitterBuffer, ItWaitsForWhatComesLater) {
  const auto moments = troubled({.delay = 20ms, .reorder = 0.05, .reorder_by = 25ms}, false);
  EXPECT_LT(test::concealed_share(at(moments, 8s), at(moments, 25s)), 0.02);
  EXPECT_LE(most_delay(moments, 8s, 25s), 45ms);
  EXPECT_LE(most_delay(moments, 34s, 36s), 16ms);
}

TEST(JitterBuffer, ClocksThatDriftDoNotMakeItGrow) {
  for (const double ppm : {200.0, -200.0}) {
    const auto moments = VoicePath({.length = 120s, .drift_ppm = ppm}).run();
    EXPECT_LE(most_delay(moments, 10s, 120s), 20ms) << ppm;
    EXPECT_LT(test::concealed_share(at(moments, 5s), moments.back()), 0.002) << ppm;
  }
}

TEST(JitterBuffer, RepetitionsDoNothing) {
  test::VoiceScenario scenario{.length = 3s};
  scenario.network = [](Micros) { return Impairment{.duplicate = 1}; };
  const auto moments = VoicePath(scenario).run();
  const auto& counts = moments.back().counts;
  EXPECT_EQ(counts.concealed_samples, 0U);
  EXPECT_NEAR(static_cast<double>(counts.repeated_frames), static_cast<double>(counts.received_frames) / 2, 2);
}

TEST(JitterBuffer, AfterAStopItIsSoonUpToDate) {
  test::VoiceScenario scenario{.length = 12s};
  // From 4 s on everything is held back until 5.2 s.
  scenario.network = [](Micros now) {
    if (now < 4s || now >= 5200ms) return test::clean_network;
    return Impairment{.delay = 5220ms - now};
  };
  const auto moments = VoicePath(scenario).run();
  EXPECT_LE(at(moments, 5600ms).delay, 700ms);
  EXPECT_LE(at(moments, 11500ms).delay, 20ms);
}

class JitterBufferTest : public ::testing::Test {
 protected:
  // Frame n of the speech, with timestamps that start at `start`.
  void insert(std::uint32_t start, std::size_t n, Micros now) {
    const auto& frames = test::encoded_speech(FrameDuration::ms10, false);
    buffer_->insert(start + static_cast<std::uint32_t>(n * limits::block_samples), frames[n % frames.size()], now);
  }
  void play(Micros now) {
    Block block{};
    buffer_->play(block, now);
  }
  std::unique_ptr<JitterBuffer> buffer_ = JitterBuffer::create().value();
};

TEST_F(JitterBufferTest, ANewStreamIsTakenUpAndAnOddFrameIsNot) {
  Micros now{0};
  std::size_t n = 0;
  const auto run = [&](std::uint32_t start, int frames) {
    for (int i = 0; i < frames; ++i, now += 10ms) {
      insert(start, n++, now);
      play(now + 5ms);
    }
  };
  run(1000, 100);
  insert(77, 0, now);
  insert(0x8000'0000U, 0, now);
  run(1000, 100);
  EXPECT_EQ(buffer_->counts().restarts, 0U);
  EXPECT_EQ(buffer_->counts().late_frames, 2U);
  run(0x4000'0000U, 100);
  EXPECT_EQ(buffer_->counts().restarts, 1U);
  EXPECT_LE(buffer_->delay(), 30ms);
}

TEST_F(JitterBufferTest, NothingThatArrivesUpsetsIt) {
  const auto& good = test::encoded_speech(FrameDuration::ms10, true);
  const auto& longer = test::encoded_speech(FrameDuration::ms40, true);
  rc::check("any frames at any times", [&] {
    const auto buffer = JitterBuffer::create().value();
    Micros now{0};
    std::uint64_t played = 0;
    // Every payload has one outcome: malformed, dropped, or received and then in time, late or known.
    const auto insert = [&](std::uint32_t timestamp, ByteView payload) {
      const auto before = buffer->counts();
      buffer->insert(timestamp, payload, now);
      const auto& after = buffer->counts();
      const auto received = after.received_frames - before.received_frames;
      const auto late = after.late_frames - before.late_frames;
      const auto repeated = after.repeated_frames - before.repeated_frames;
      const auto malformed = after.malformed_frames - before.malformed_frames;
      RC_ASSERT(malformed + received + (received == 0 ? late : 0) == 1U);
      RC_ASSERT(late + repeated <= 1U);
      RC_ASSERT(repeated == 0U || received == 1U);
    };
    for (int i = 0; i < 100; ++i) {
      now += Micros(*rc::gen::inRange(0, 30'000));
      const auto block = *rc::gen::inRange(-60, 300);
      const auto odd = *rc::gen::inRange(0, 12) == 0 ? *rc::gen::inRange(0, 480) : 0;
      const auto timestamp = static_cast<std::uint32_t>((i + block) * 480 + odd);
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          insert(timestamp, good[static_cast<std::size_t>(i)]);
          break;
        case 1:
          insert(timestamp, longer[static_cast<std::size_t>(i)]);
          break;
        default:
          insert(timestamp, *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()));
      }
      Block out{};
      const auto before = buffer->counts().played_samples;
      buffer->play(out, now);
      played += buffer->counts().played_samples - before;
    }
    RC_ASSERT(played % limits::block_samples == 0);
    RC_ASSERT(buffer->target() <= limits::most_target);
    RC_ASSERT(buffer->delay() <= 4s);
    // A clean stream afterwards is played as it is.
    std::uint64_t concealed = 0;
    for (std::uint32_t i = 0; i < 60; ++i) {
      now += 10ms;
      insert(0x5000'0000 + 480 * i, good[i]);
      Block out{};
      buffer->play(out, now + 5ms);
      if (i == 10) concealed = buffer->counts().concealed_samples;
    }
    RC_ASSERT(buffer->counts().concealed_samples == concealed);
    RC_ASSERT(buffer->delay() <= 60ms);
  });
}

TEST(Restart, SilenceBeforeTheFirstFrame) {
  const auto buffer = JitterBuffer::create().value();
  Block out{};
  out.fill(7);
  buffer->play(out, 0ms);
  EXPECT_EQ(out, Block{});
  EXPECT_EQ(buffer->counts().played_samples, 0U);
}

}  // namespace
}  // namespace pqc::media::voice
