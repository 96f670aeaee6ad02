// Devices that are lost in the middle of a call, in virtual time: what is sent keeps its rhythm, and they are opened
// anew.
#include <optional>

#include <gtest/gtest.h>

#include "media/voice/voice_worker.h"

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;

// Gives a block every 10 ms, or takes one, as long as it is there.
struct Fake {
  bool there = true;
  int begun = 0;
  std::uint64_t faults = 0;
};

class FakeSource final : public SoundSource {
 public:
  explicit FakeSource(Fake& fake) : fake_(fake) {}
  void begin(Micros now) override {
    ++fake_.begun;
    beat_.begin(now);
  }
  void end() override {}
  bool read(std::span<std::int16_t> out, Micros now) override {
    if (!fake_.there || !beat_.due(now)) return false;
    std::ranges::fill(out, std::int16_t{1000});
    beat_.done();
    return true;
  }
  Micros next(Micros now) const override { return now + 5ms; }
  bool stalled(Micros /*now*/) const override { return !fake_.there; }
  std::uint64_t overruns() const override { return fake_.faults; }

 private:
  Fake& fake_;
  Beat beat_{10ms};
};

class FakeSink final : public SoundSink {
 public:
  explicit FakeSink(Fake& fake) : fake_(fake) {}
  void begin(Micros now) override {
    ++fake_.begun;
    beat_.begin(now);
  }
  void end() override {}
  bool wants(Micros now) override { return fake_.there && beat_.due(now); }
  void write(std::span<const std::int16_t> /*samples*/) override { beat_.done(); }
  Micros next(Micros now) const override { return now + 5ms; }
  bool stalled(Micros /*now*/) const override { return !fake_.there; }
  std::uint64_t underruns() const override { return fake_.faults; }

 private:
  Fake& fake_;
  Beat beat_{5ms};
};

class LostDeviceTest : public ::testing::Test {
 protected:
  void make(DeviceRevival::Open open = nullptr) {
    worker_.emplace(VoiceWorker::Parts{.source = std::make_unique<FakeSource>(source_),
                                       .sink = std::make_unique<FakeSink>(sink_),
                                       .revival = open ? std::make_unique<DeviceRevival>(std::move(open)) : nullptr,
                                       .processing = nullptr,
                                       .encoder = FrameEncoder::create(64'000, FrameDuration::ms10).value(),
                                       .buffer = JitterBuffer::create().value()},
                    Settings{}, [this](const EncodedFrame& frame) {
                      timestamps_.push_back(frame.timestamp);
                      sizes_.push_back(frame.payload.size());
                    });
  }
  void run(Micros length) {
    for (const auto end = now_ + length; now_ < end;) now_ = worker_->step(now_);
  }
  Statistics statistics() const { return worker_->statistics(); }

  Fake source_;
  Fake sink_;
  std::optional<VoiceWorker> worker_;
  std::vector<std::uint32_t> timestamps_;
  std::vector<std::size_t> sizes_;
  Micros now_{1'000'000};
};

TEST_F(LostDeviceTest, SilenceKeepsTheRhythm) {
  make();
  run(1s);
  EXPECT_FALSE(statistics().source_stalled || statistics().sink_stalled);
  source_.there = sink_.there = false;
  run(1s);
  EXPECT_TRUE(statistics().source_stalled && statistics().sink_stalled);
  EXPECT_EQ(worker_->levels().in, 0);
  source_.there = sink_.there = true;
  run(1s);
  EXPECT_FALSE(statistics().source_stalled || statistics().sink_stalled);
  EXPECT_GT(worker_->levels().in, 0);
  EXPECT_NEAR(static_cast<double>(timestamps_.size()), 300, 60);
  for (std::size_t i = 1; i < sizes_.size(); ++i) {
    EXPECT_EQ(sizes_[i], sizes_[0]);
    EXPECT_EQ(timestamps_[i] - timestamps_[i - 1], limits::block_samples);
  }
}

TEST_F(LostDeviceTest, WhatIsLostIsOpenedAnew) {
  Fake new_source;
  Fake new_sink;
  std::atomic<int> tries{0};
  make([&](const std::stop_token&) -> std::optional<DeviceRevival::Ports> {
    if (++tries < 3) return std::nullopt;
    return DeviceRevival::Ports{.source = std::make_unique<FakeSource>(new_source),
                                .sink = std::make_unique<FakeSink>(new_sink)};
  });
  run(100ms);
  EXPECT_EQ(tries, 0);
  source_ = {.there = false, .faults = 5};
  sink_.faults = 7;
  new_source.faults = new_sink.faults = 1;
  const auto lost = now_;
  while (new_source.begun == 0) {
    run(100ms);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(tries, 3);
  EXPECT_GE(now_ - lost, 2 * limits::revive_after);
  EXPECT_EQ(new_sink.begun, 1);
  run(100ms);
  EXPECT_FALSE(statistics().source_stalled || statistics().sink_stalled);
  EXPECT_EQ(statistics().source_overruns, 6U);
  EXPECT_EQ(statistics().sink_underruns, 8U);
  EXPECT_EQ(tries, 3);
}

// The end of a call ends a try that is under way.
TEST_F(LostDeviceTest, WhoEndsDoesNotWaitForDevices) {
  std::atomic<bool> begun{false};
  make([&](const std::stop_token& stop) -> std::optional<DeviceRevival::Ports> {
    begun = true;
    begun.notify_all();
    while (!stop.stop_requested()) std::this_thread::yield();
    return std::nullopt;
  });
  source_.there = false;
  run(10ms);
  begun.wait(false);
  worker_.reset();
  EXPECT_TRUE(begun);
}

}  // namespace
}  // namespace pqc::media::voice
