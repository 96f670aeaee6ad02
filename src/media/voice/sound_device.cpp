#include "media/voice/sound_device.h"

#include <atomic>

#include "media/voice/device_context.h"
#include "media/voice/limits.h"
#include "media/voice/pulse_port.h"
#include "media/voice/spsc_ring.h"

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;
using Ring = SpscRing<limits::ring_samples>;

constexpr Micros period{limits::device_period * 1'000'000 / limits::sample_rate};
// How soon after a callback the engine looks, and how soon again if it came late.
constexpr Micros after_callback = 200us;
constexpr Micros look_again = 1ms;
// Without an underrun for so long, less is kept in the ring.
constexpr Micros calm = 20s;

// When the sound system last called back; written there, read by the engine.
class CallbackTime {
 public:
  void mark() { last_.store(VoiceEngine::now().count(), std::memory_order_relaxed); }
  [[nodiscard]] bool stalled(Micros now) const {
    return now - Micros(last_.load(std::memory_order_relaxed)) > limits::stalled_after;
  }
  // When the `count`th callback from now on has probably been.
  [[nodiscard]] Micros after(std::size_t count, Micros now) const {
    const auto expected =
        Micros(last_.load(std::memory_order_relaxed)) + period * static_cast<std::int64_t>(count) + after_callback;
    return std::max(expected, now + look_again);
  }

 private:
  std::atomic<std::int64_t> last_{0};
};

// An opened device; closing it waits until no callback runs.
class OpenDevice {
 public:
  OpenDevice() = default;
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;
  ~OpenDevice() {
    if (open_) ma_device_uninit(&device_);
  }

  Result<void> open(const std::string& name, ma_device_type type, ma_device_data_proc callback, void* user) {
    auto context = DeviceContext::open_alsa();
    if (!context) return std::unexpected(context.error());
    context_.emplace(std::move(*context));
    const auto id = context_->find(name, type);
    if (!id) return std::unexpected(id.error());
    auto config = ma_device_config_init(type);
    config.capture.format = config.playback.format = ma_format_s16;
    config.capture.channels = config.playback.channels = 1;
    config.capture.pDeviceID = config.playback.pDeviceID = *id ? &**id : nullptr;
    config.sampleRate = limits::sample_rate;
    config.periodSizeInFrames = limits::device_period;
    config.periods = 2;
    config.performanceProfile = ma_performance_profile_low_latency;
    config.noClip = MA_TRUE;
    config.dataCallback = callback;
    config.pUserData = user;
    open_ = ma_device_init(context_->get(), &config, &device_) == MA_SUCCESS;
    if (!open_) return std::unexpected(Error::no_device);
    return {};
  }
  [[nodiscard]] bool start() { return ma_device_start(&device_) == MA_SUCCESS; }
  // Waits until no callback runs.
  void stop() { ma_device_stop(&device_); }

 private:
  std::optional<DeviceContext> context_;
  ma_device device_{};
  bool open_ = false;
};

class DeviceSource final : public SoundSource {
 public:
  Result<void> open(const std::string& name) { return device_.open(name, ma_device_type_capture, on_sound, this); }

  void begin(Micros /*now*/) override {
    time_.mark();
    started_ = device_.start();
  }
  void end() override {
    device_.stop();
    ring_.clear();
  }
  bool stalled(Micros now) const override { return !started_ || time_.stalled(now); }
  bool read(std::span<std::int16_t> out, Micros /*now*/) override {
    return ring_.size() >= out.size() && ring_.read(out) == out.size();
  }
  Micros next(Micros now) const override {
    const auto lacking = limits::block_samples - std::min(ring_.size(), limits::block_samples);
    return time_.after((lacking + limits::device_period - 1) / limits::device_period, now);
  }
  std::uint64_t overruns() const override { return overruns_.load(std::memory_order_relaxed); }

 private:
  static void on_sound(ma_device* device, void* /*out*/, const void* in, ma_uint32 count) {
    auto* const self = static_cast<DeviceSource*>(device->pUserData);
    if (!self->ring_.write({static_cast<const std::int16_t*>(in), count})) {
      self->overruns_.fetch_add(1, std::memory_order_relaxed);
    }
    self->time_.mark();
  }

  Ring ring_;
  CallbackTime time_;
  std::atomic<std::uint64_t> overruns_{0};
  bool started_ = false;
  OpenDevice device_;  // last, so that it is closed first
};

class DeviceSink final : public SoundSink {
 public:
  Result<void> open(const std::string& name) { return device_.open(name, ma_device_type_playback, on_demand, this); }

  void begin(Micros now) override {
    calm_since_ = now;
    time_.mark();
    started_ = device_.start();
  }
  void end() override {
    device_.stop();
    ring_.clear();
  }
  bool stalled(Micros now) const override { return !started_ || time_.stalled(now); }
  bool wants(Micros now) override {
    adapt(now);
    return ring_.size() < fill_;
  }
  void write(std::span<const std::int16_t> samples) override {
    // wants() has said that there is room.
    static_cast<void>(ring_.write(samples));
  }
  Micros next(Micros now) const override {
    const auto spare = ring_.size() - std::min(ring_.size(), fill_);
    return time_.after(spare / limits::device_period + 1, now);
  }
  std::uint64_t underruns() const override { return underruns_.load(std::memory_order_relaxed); }

 private:
  static void on_demand(ma_device* device, void* out, const void* /*in*/, ma_uint32 count) {
    auto* const self = static_cast<DeviceSink*>(device->pUserData);
    const std::span samples(static_cast<std::int16_t*>(out), count);
    const auto given = self->ring_.read(samples);
    if (given < count) {
      std::ranges::fill(samples.subspan(given), std::int16_t{0});
      self->underruns_.fetch_add(1, std::memory_order_relaxed);
    }
    self->time_.mark();
  }

  // More in the ring where there was too little, less after a time without trouble.
  void adapt(Micros now) {
    const auto count = underruns();
    if (count != underruns_seen_) {
      underruns_seen_ = count;
      fill_ = std::min(fill_ + limits::device_period / 2, limits::most_ring_fill);
    } else if (now - calm_since_ < calm) {
      return;
    } else {
      fill_ = std::max(fill_ - limits::device_period / 2, limits::least_ring_fill);
    }
    calm_since_ = now;
  }

  Ring ring_;
  CallbackTime time_;
  std::atomic<std::uint64_t> underruns_{0};
  std::uint64_t underruns_seen_ = 0;
  std::size_t fill_ = limits::least_ring_fill;
  Micros calm_since_{0};
  bool started_ = false;
  OpenDevice device_;  // last, so that it is closed first
};

// What the server calls a device; nothing for its default.
Result<std::string> pulse_name(const Device& device, ma_device_type type) {
  if (device.name.empty()) return std::string();
  return DeviceContext::open()
      .and_then([&](const DeviceContext& context) { return context.find(device.name, type); })
      .transform([](const std::optional<ma_device_id>& id) { return id ? std::string(id->pulse) : std::string(); });
}

template <class Port, class Interface>
Result<std::unique_ptr<Interface>> opened(const std::string& name) {
  auto port = std::make_unique<Port>();
  if (const auto done = port->open(name); !done) return std::unexpected(done.error());
  return port;
}

}  // namespace

Result<std::unique_ptr<SoundSource>> open_source_device(const Device& device, const std::shared_ptr<PulseLink>& link) {
  if (link) {
    return pulse_name(device, ma_device_type_capture).and_then([&](const std::string& name) {
      return open_pulse_source(link, name);
    });
  }
  return opened<DeviceSource, SoundSource>(device.name);
}

Result<std::unique_ptr<SoundSink>> open_sink_device(const Device& device, const std::shared_ptr<PulseLink>& link) {
  if (link) {
    return pulse_name(device, ma_device_type_playback).and_then([&](const std::string& name) {
      return open_pulse_sink(link, name);
    });
  }
  return opened<DeviceSink, SoundSink>(device.name);
}

}  // namespace pqc::media::voice
