// A regular beat by the clock, where no device gives one.
#pragma once

#include "media/voice/limits.h"
#include "media/voice/voice_engine.h"

namespace pqc::media::voice {

constexpr Micros time_of(std::size_t samples) {
  return Micros(samples * 1'000'000 / limits::sample_rate);
}

class Beat {
 public:
  explicit Beat(Micros interval) : interval_(interval) {}
  void begin(Micros now) { due_ = now + interval_; }
  [[nodiscard]] bool due(Micros now) {
    if (now - due_ > limits::most_behind) due_ = now;
    return now >= due_;
  }
  void done() { due_ += interval_; }
  [[nodiscard]] Micros next() const { return due_; }

 private:
  Micros interval_;
  Micros due_{0};
};

}  // namespace pqc::media::voice
