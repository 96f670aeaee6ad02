// Two engines with files for devices, driven by hand in virtual time: what one is told the other hears.
#include <array>

#include <gtest/gtest.h>

#include "media/voice/frame_duration.h"
#include "media/voice/limits.h"
#include "media/voice/voice_engine.h"
#include "media/voice/wav_file.h"
#include "support/speech.h"
#include "support/temporary_folder.h"

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = WavWriter::create(folder_.path("said.wav")).value();
    ASSERT_TRUE(writer.write(said_));
  }

  Settings settings(const std::string& source, const std::string& sink) const {
    return {.source = WavFile{folder_.path(source)}, .sink = WavFile{folder_.path(sink)}, .processing = false};
  }

  // What `from` says is heard by `to`, 30 ms later. `at` is called before every step.
  void talk(VoiceEngine& from, VoiceEngine& to, Micros length, const std::function<void(Micros)>& at = {}) {
    Micros now = now_;
    for (const auto end = now + length; now < end;) {
      now_ = now;
      if (at) at(now);
      now = std::min(from.step(now), to.step(now));
    }
    now_ = now;
  }
  OnFrame to(std::unique_ptr<VoiceEngine>& receiver) {
    return [&](const EncodedFrame& frame) {
      sizes_.push_back(frame.payload.size());
      receiver->received(frame.timestamp, frame.payload, now_ + 30ms);
    };
  }
  std::vector<std::int16_t> heard(const std::string& name, std::size_t count) const {
    auto reader = WavReader::open(folder_.path(name)).value();
    std::vector<std::int16_t> out(count);
    EXPECT_TRUE(reader.read(out));
    return out;
  }

  test::TemporaryFolder folder_;
  std::vector<std::int16_t> said_ = test::Speech(5).take(48'000 * 3);
  std::vector<std::size_t> sizes_;
  Micros now_{1'000'000};
};

TEST_F(EngineTest, WhatOneIsToldTheOtherHears) {
  std::unique_ptr<VoiceEngine> bob = VoiceEngine::create(settings("said.wav", "heard.wav"), [](const auto&) {}).value();
  auto alice = VoiceEngine::create(settings("said.wav", "other.wav"), to(bob)).value();
  talk(*alice, *bob, 4s);
  const auto statistics = bob->statistics();
  EXPECT_TRUE(alice->statistics().source_ended);
  EXPECT_NEAR(static_cast<double>(statistics.received_frames), 400, 3);
  EXPECT_EQ(statistics.concealed_samples, 0U);
  bob.reset();
  const auto sound = heard("heard.wav", 48'000 * 3);
  const auto part = std::span(said_).subspan(48'000 * 2, 9'600);
  const auto like = test::find_likeness(part, std::span(sound).subspan(48'000 * 2), 0, 4'800);
  EXPECT_GT(like.correlation, 0.9);
  EXPECT_LT(like.shift, 48 * 80);
}

TEST_F(EngineTest, EachTurnIsTheLastMomentForWhatIsPlayedThen) {
  std::vector<std::string> order;
  std::unique_ptr<VoiceEngine> bob;
  const auto turn = [&] {
    order.emplace_back("turn");
    const std::array<std::uint8_t, 3> payload{};
    bob->received(0, payload, now_);
  };
  bob = VoiceEngine::create(
            settings("said.wav", "heard.wav"), [&](const auto&) { order.emplace_back("frame"); }, turn)
            .value();
  const auto taken = [&] {
    const auto counts = bob->statistics();
    return counts.received_frames + counts.malformed_frames;
  };
  static_cast<void>(bob->step(now_));
  EXPECT_EQ(taken(), 1U);
  now_ += 10ms;
  static_cast<void>(bob->step(now_));
  EXPECT_EQ(taken(), 2U);
  EXPECT_EQ(order, (std::vector<std::string>{"turn", "frame", "turn"}));
}

TEST_F(EngineTest, AMutedOneSaysNothingInPacketsOfTheSameSize) {
  auto bob = VoiceEngine::create(settings("said.wav", "heard.wav"), [](const auto&) {}).value();
  auto alice = VoiceEngine::create(settings("said.wav", "other.wav"), to(bob)).value();
  talk(*alice, *bob, 1s);
  EXPECT_GT(alice->levels().in, 0);
  alice->set_muted(true);
  EXPECT_TRUE(alice->muted());
  talk(*alice, *bob, 500ms);
  EXPECT_EQ(alice->levels().in, 0);
  EXPECT_LT(bob->levels().out, 0.001);
  alice->set_muted(false);
  talk(*alice, *bob, 4s);  // beyond the end of the file
  EXPECT_EQ(std::ranges::count(sizes_, 81U), std::ssize(sizes_));
}

TEST_F(EngineTest, RateDurationAndRedundancyChangeTheShape) {
  auto bob = VoiceEngine::create(settings("said.wav", "heard.wav"), [](const auto&) {}).value();
  auto alice = VoiceEngine::create(settings("said.wav", "other.wav"), to(bob)).value();
  talk(*alice, *bob, 500ms);
  alice->set_rate({.bitrate = 32'000, .duration = FrameDuration::ms20, .redundancy = true});
  talk(*alice, *bob, 1s);
  EXPECT_EQ(sizes_.back(), 161U);
  EXPECT_EQ(bob->statistics().concealed_samples, 0U);
}

TEST_F(EngineTest, AThreadOfItsOwnIsNeverFasterThanTheBeat) {
  std::atomic<int> frames{0};
  auto engine = VoiceEngine::create(settings("said.wav", "heard.wav"), [&](const auto&) { ++frames; }).value();
  for (int round = 0; round < 2; ++round) {
    frames = 0;
    const auto start = VoiceEngine::now();
    engine->start();
    while (frames < 10) std::this_thread::yield();
    engine->stop();
    EXPECT_LE(frames.load() * 10ms, VoiceEngine::now() - start);
  }
}

TEST_F(EngineTest, WhatCannotBeOpenedIsTold) {
  const auto error = [&](const std::string& source, const std::string& sink) {
    return VoiceEngine::create(settings(source, sink), [](const auto&) {}).error();
  };
  EXPECT_EQ(error("none.wav", "heard.wav"), Error::no_file);
  EXPECT_EQ(error("said.wav", "no/such/folder.wav"), Error::no_file);
}

TEST(Endpoint, AnEndingTellsFilesFromDevices) {
  EXPECT_TRUE(std::holds_alternative<WavFile>(parse_endpoint("some/where.WAV")));
  EXPECT_TRUE(std::holds_alternative<WavFile>(parse_endpoint(".wav")));
  EXPECT_TRUE(std::holds_alternative<Device>(parse_endpoint("wav")));
  EXPECT_EQ(std::get<Device>(parse_endpoint("")).name, "");
}

}  // namespace
}  // namespace pqc::media::voice
