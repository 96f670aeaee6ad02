#include "ear_recording.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <print>

namespace pqc::bench {
namespace {

using media::voice::DeviceContext;

// What is looked at to know when a sample was rendered: this much before and after.
constexpr Seconds around{1.5};

template <class T>
T need(media::voice::Result<T> result, const std::string& what) {
  if (result) return std::move(*result);
  std::println(stderr, "{}: {}", what, media::voice::to_string(result.error()));
  std::exit(1);
}

Seconds now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

EarRecording::EarRecording(const std::string& source, std::chrono::seconds most)
    : context_(need(DeviceContext::open(), "sound system")), device_(std::make_unique<ma_device>()) {
  samples_.reserve(static_cast<std::size_t>(ear_rate) * static_cast<std::size_t>(most.count()));
  arrivals_.reserve(samples_.capacity() / 48);
  const auto id = need(context_.find(source, ma_device_type_capture), source);
  auto config = ma_device_config_init(ma_device_type_capture);
  config.capture.format = ma_format_s16;
  config.capture.channels = 1;
  config.capture.pDeviceID = id ? &*id : nullptr;
  config.sampleRate = static_cast<ma_uint32>(ear_rate);
  // Longer than what a call asks for, so that the sinks keep the calls' periods; what comes is taken as it comes.
  config.periodSizeInMilliseconds = 100;
  config.periods = 4;
  config.noFixedSizedCallback = MA_TRUE;
  config.dataCallback = on_sound;
  config.pUserData = this;
  if (ma_device_init(context_.get(), &config, device_.get()) != MA_SUCCESS ||
      ma_device_start(device_.get()) != MA_SUCCESS) {
    std::println(stderr, "{} cannot be recorded", source);
    std::exit(1);
  }
}

EarRecording::~EarRecording() {
  ma_device_uninit(device_.get());
}

void EarRecording::stop() {
  ma_device_stop(device_.get());
}

void EarRecording::on_sound(ma_device* device, void* /*out*/, const void* in, ma_uint32 count) {
  static_cast<EarRecording*>(device->pUserData)->take({static_cast<const std::int16_t*>(in), count});
}

void EarRecording::take(std::span<const std::int16_t> samples) {
  if (samples_.size() + samples.size() > samples_.capacity() || arrivals_.size() == arrivals_.capacity()) return;
  arrivals_.push_back({samples_.size(), now()});
  samples_.insert(samples_.end(), samples.begin(), samples.end());
}

// When the recording's first sample would have been rendered.
Seconds EarRecording::start_by(std::span<const Arrival> arrivals) const {
  const auto start = [](const Arrival& arrival) {
    return arrival.time - Seconds(static_cast<double>(arrival.sample) / ear_rate);
  };
  const auto soonest = std::ranges::min_element(arrivals, {}, start);
  return soonest == arrivals.end() ? Seconds(0) : start(*soonest);
}

Seconds EarRecording::time_of(std::size_t sample) const {
  const auto reach = static_cast<std::size_t>(around.count() * ear_rate);
  const auto from = std::ranges::lower_bound(arrivals_, sample - std::min(sample, reach), {}, &Arrival::sample);
  const auto to = std::ranges::lower_bound(arrivals_, sample + reach, {}, &Arrival::sample);
  return start_by({from, to}) + Seconds(static_cast<double>(sample) / ear_rate);
}

std::ptrdiff_t EarRecording::sample_at(Seconds time) const {
  const auto from = std::ranges::lower_bound(arrivals_, time - around, {}, &Arrival::time);
  const auto to = std::ranges::lower_bound(arrivals_, time + around, {}, &Arrival::time);
  return static_cast<std::ptrdiff_t>((time - start_by({from, to})).count() * ear_rate);
}

std::size_t EarRecording::usual_period() const {
  std::map<std::size_t, std::size_t> counts;
  for (std::size_t i = 1; i < arrivals_.size(); ++i) ++counts[arrivals_[i].sample - arrivals_[i - 1].sample];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? 0 : most->first;
}

}  // namespace pqc::bench
