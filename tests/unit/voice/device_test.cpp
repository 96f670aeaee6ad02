// Real sound through a real PulseAudio: what is played into one null sink is heard from another, through devices and
// two engines.
#include <atomic>

#include <gtest/gtest.h>

#include "media/voice/devices.h"
#include "media/voice/limits.h"
#include "media/voice/pulse_link.h"
#include "media/voice/sound_device.h"
#include "media/voice/wav_file.h"
#include "support/pulse_server.h"
#include "support/speech.h"

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;

class DeviceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<test::PulseServer>();
    there_ = server_->start();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (!there_) GTEST_SKIP() << "SKIPPED: pulseaudio is not installed or does not start (tools/setup installs it)";
  }

  // A file of silence, for the sides that nobody listens to.
  std::string silence() const {
    const auto path = folder_.path("silence.wav");
    auto writer = WavWriter::create(path).value();
    return path;
  }

  test::TemporaryFolder folder_;
  static inline std::unique_ptr<test::PulseServer> server_;
  static inline bool there_ = false;
};

TEST_F(DeviceTest, DevicesHaveNames) {
  const auto list = list_devices();
  ASSERT_TRUE(list);
  const auto has = [](const std::vector<DeviceInfo>& devices, const std::string& name) {
    return std::ranges::any_of(devices, [&](const auto& device) { return device.name == name; });
  };
  EXPECT_TRUE(has(list->sinks, "mic") && has(list->sinks, "speaker"));
  EXPECT_TRUE(has(list->sources, "Monitor of mic") && has(list->sources, "Monitor of speaker"));
  EXPECT_EQ(open_sink_device({"no such device"}, PulseLink::open()).error(), Error::no_device);
}

TEST_F(DeviceTest, OnlyAlsaHasPlugins) {
  const auto list = list_devices();
  ASSERT_TRUE(list);
  EXPECT_TRUE(std::ranges::none_of(list->sinks, &DeviceInfo::is_plugin));
  EXPECT_TRUE(std::ranges::none_of(list->sources, &DeviceInfo::is_plugin));
}

TEST(AlsaDevices, SoundCardsAndTheDefaultAreNoPlugins) {
  for (const auto* id : {":0,0", ":1,3", "default"}) EXPECT_FALSE(is_alsa_plugin(id)) << id;
  for (const auto* id : {"null", "samplerate", "jack", "oss", "pulse", "upmix", "surround51", ""})
    EXPECT_TRUE(is_alsa_plugin(id)) << id;
}

// Plays `said` into the sink and records from the source for as long and a little more.
std::vector<std::int16_t> play_and_record(SoundSink& sink, SoundSource& source, std::span<const std::int16_t> said) {
  std::vector<std::int16_t> out;
  std::array<std::int16_t, limits::block_samples> block{};
  const std::array<std::int16_t, limits::play_samples> silence{};
  auto now = VoiceEngine::now();
  sink.begin(now);
  source.begin(now);
  const auto wanted = said.size() + limits::sample_rate / 3;
  for (const auto end = now + 8s; out.size() < wanted && now < end; now = VoiceEngine::now()) {
    while (sink.wants(now)) {
      const auto count = std::min(said.size(), silence.size());
      sink.write(count == silence.size() ? said.first(count) : silence);
      said = said.subspan(count);
    }
    sink.flush();
    while (source.read(block, now)) out.insert(out.end(), block.begin(), block.end());
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(std::min(sink.next(now), source.next(now))));
  }
  return out;
}

TEST_F(DeviceTest, SoundGoesThroughDevicesAndTwoEngines) {
  const auto nobody = WavFile{folder_.path("nobody.wav")};
  std::unique_ptr<VoiceEngine> bob =
      VoiceEngine::create({.source = Device{"Monitor of mic"}, .sink = Device{"speaker"}, .processing = false},
                          [](const auto&) {})
          .value();
  const auto to_bob = [&](const EncodedFrame& frame) {
    bob->received(frame.timestamp, frame.payload, VoiceEngine::now());
  };
  auto alice =
      VoiceEngine::create({.source = Device{"Monitor of mic"}, .sink = nobody, .processing = false}, to_bob).value();
  bob->start();
  alice->start();
  auto sink = open_sink_device({"mic"}, PulseLink::open()).value();
  auto source = open_source_device({"Monitor of speaker"}, PulseLink::open()).value();
  const auto said = test::Speech(9).take(48'000 + 24'000);
  const auto heard = play_and_record(*sink, *source, said);
  alice->stop();
  bob->stop();
  ASSERT_GT(heard.size(), 48'000U);
  const auto part = std::span(said).subspan(24'000, 9'600);
  const auto like = test::find_likeness(part, heard, 24'000, 48'000);
  EXPECT_GT(like.correlation, 0.8);
  RecordProperty("delay_ms", static_cast<int>((like.shift - 24'000) / 48));
  std::printf("heard after about %td ms, alike %.2f\n", (like.shift - 24'000) / 48, like.correlation);
}

// What a microphone hears between end() and begin() is not there afterwards.
TEST_F(DeviceTest, AnEndedDeviceKeepsNothing) {
  auto source = open_source_device({"Monitor of mic"}, PulseLink::open()).value();
  auto sink = open_sink_device({"speaker"}, PulseLink::open()).value();
  std::array<std::int16_t, limits::block_samples> block{};
  for (int round = 0; round < 2; ++round) {
    source->begin(VoiceEngine::now());
    sink->begin(VoiceEngine::now());
    while (!source->read(block, VoiceEngine::now())) std::this_thread::sleep_for(1ms);
    while (sink->wants(VoiceEngine::now())) sink->write(std::span(block).first(limits::play_samples));
    sink->flush();
    source->end();
    sink->end();
    EXPECT_FALSE(sink->wants(VoiceEngine::now()));
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(source->read(block, VoiceEngine::now()));
  }
}

// Where no server answers it is not asked again by another way: ALSA has no device of this name.
TEST_F(DeviceTest, WithoutALinkOnlyAlsaIsAsked) {
  EXPECT_EQ(open_source_device({"Monitor of mic"}, nullptr).error(), Error::no_device);
  EXPECT_EQ(open_sink_device({"speaker"}, nullptr).error(), Error::no_device);
}

TEST_F(DeviceTest, ProcessingRunsOnDevices) {
  std::atomic<int> frames{0};
  auto engine =
      VoiceEngine::create({.source = Device{"Monitor of mic"}, .sink = Device{"speaker"}}, [&](const EncodedFrame&) {
        ++frames;
      }).value();
  engine->start();
  while (frames < 20) std::this_thread::sleep_for(5ms);
  engine->stop();
  EXPECT_FALSE(engine->statistics().source_stalled);
  EXPECT_FALSE(engine->statistics().sink_stalled);
}

// Servers that end and hang.
class LostServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!server_.start()) GTEST_SKIP() << "SKIPPED: pulseaudio is not installed or does not start";
  }
  test::PulseServer server_;
};

// Returns once `done`; what never comes ends with the test's time.
template <class Done>
void wait_for(const Done& done) {
  while (!done()) std::this_thread::sleep_for(2ms);
}

TEST_F(LostServerTest, ACallGoesOnWhenTheServerComesBack) {
  std::atomic<int> frames{0};
  auto engine =
      VoiceEngine::create({.source = Device{"Monitor of mic"}, .sink = Device{"speaker"}, .processing = false},
                          [&](const EncodedFrame&) { ++frames; })
          .value();
  engine->start();
  wait_for([&] { return frames >= 5; });
  server_.end(SIGKILL);
  wait_for([&] { return engine->statistics().source_stalled && engine->statistics().sink_stalled; });
  // Silence is sent in the meantime.
  wait_for([&, before = frames.load()] { return frames >= before + 10; });
  ASSERT_TRUE(server_.start());
  wait_for([&] { return !engine->statistics().source_stalled && !engine->statistics().sink_stalled; });
  wait_for([&, before = frames.load()] { return frames >= before + 5; });
}

// Only the first who asks waits.
TEST_F(LostServerTest, AServerThatHangsIsWaitedForOnce) {
  const auto link = PulseLink::open();
  ASSERT_TRUE(link);
  auto source = open_source_device({}, link).value();
  auto sink = open_sink_device({}, link).value();
  source->begin(VoiceEngine::now());
  sink->begin(VoiceEngine::now());
  EXPECT_FALSE(source->stalled(VoiceEngine::now()) || sink->stalled(VoiceEngine::now()));
  server_.hang();
  link->set_patience(50ms);
  source->end();
  EXPECT_FALSE(link->alive());
  // Who waited now would never come to an end.
  link->set_patience(24h);
  sink->end();
  sink->begin(VoiceEngine::now());
  EXPECT_TRUE(source->stalled(VoiceEngine::now()) && sink->stalled(VoiceEngine::now()));
  sink.reset();
  source.reset();
  server_.end(SIGKILL);
}

// Who has sound that was not read, and cannot be any more, waits as long as it should.
TEST_F(LostServerTest, ALostMicrophoneWakesNobody) {
  auto source = open_source_device({"Monitor of mic"}, PulseLink::open()).value();
  std::array<std::int16_t, limits::block_samples> block{};
  source->begin(VoiceEngine::now());
  while (!source->read(block, VoiceEngine::now())) source->wait(VoiceEngine::now() + 1s);
  std::this_thread::sleep_for(50ms);  // the server goes on
  server_.end(SIGKILL);
  for (int i = 0; i < 3; ++i) {
    while (source->read(block, VoiceEngine::now())) {
    }
    const auto until = VoiceEngine::now() + 20ms;
    source->wait(until);
    EXPECT_GE(VoiceEngine::now(), until);
  }
}

TEST_F(LostServerTest, ADeviceThatDidNotStartIsStalled) {
  const auto link = PulseLink::open();
  ASSERT_TRUE(link);
  auto source = open_source_device({}, link).value();
  server_.hang();
  link->set_patience(50ms);
  source->begin(VoiceEngine::now());
  EXPECT_TRUE(source->stalled(VoiceEngine::now()));
  server_.end(SIGKILL);
}

// Whoever hangs up does not wait for a server that hangs.
TEST_F(LostServerTest, OpeningEndsWhenItIsToStop) {
  server_.hang();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(PulseLink::open(stop.get_token()));
  server_.end(SIGKILL);
}

}  // namespace
}  // namespace pqc::media::voice
