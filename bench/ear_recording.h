// What a sink plays, recorded from its monitor, with a clock that recordings of different sinks have in common.
//
// A null sink renders a period when its time has come by the system's clock and hands it to its monitor at once. So the
// first sample of a period cannot come before its time, and the soonest one of a while says when that is: what the
// scheduler adds to others drops out.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/voice/device_context.h"

namespace pqc::bench {

using Seconds = std::chrono::duration<double>;
inline constexpr double ear_rate = 48'000;

class EarRecording {
 public:
  // Of a source by its name; ends the program where there is none. `most` is how long it may last.
  EarRecording(const std::string& source, std::chrono::seconds most);
  ~EarRecording();
  EarRecording(const EarRecording&) = delete;
  EarRecording& operator=(const EarRecording&) = delete;

  void stop();

  // After stop().
  [[nodiscard]] std::span<const std::int16_t> samples() const { return samples_; }
  // When a sample was rendered, by what came within `around` of it.
  [[nodiscard]] Seconds time_of(std::size_t sample) const;
  // The first sample that was rendered then or later, by what came about then.
  [[nodiscard]] std::ptrdiff_t sample_at(Seconds time) const;
  // How many samples came at a time, most often.
  [[nodiscard]] std::size_t usual_period() const;

 private:
  struct Arrival {
    std::size_t sample = 0;
    Seconds time{0};
  };
  static void on_sound(ma_device* device, void* out, const void* in, ma_uint32 count);
  void take(std::span<const std::int16_t> samples);
  [[nodiscard]] Seconds start_by(std::span<const Arrival> arrivals) const;

  media::voice::DeviceContext context_;
  std::unique_ptr<ma_device> device_;
  std::vector<std::int16_t> samples_;
  std::vector<Arrival> arrivals_;
};

}  // namespace pqc::bench
