// How long sound has to wait so that nearly every frame is there in time. Pure; not thread-safe; no allocation.
//
// A frame's transit is its arrival less the end of its sound in the sender's time. The fastest transit of the last two
// seconds is the base: what the network takes at least, plus the unknown difference of the clocks, which so cancels,
// and may drift. What a frame took beyond the base is its delay. The target is a quantile of the delays, read from a
// histogram whose entries are forgotten exponentially, so that it follows both ways: up within a few late frames, down
// within seconds.
//
// Rare but repeated peaks are too few for the quantile. After the second within ten seconds the target covers their
// height for twice the time between them, at most some seconds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "media/voice/limits.h"

namespace pqc::media::voice {

using Micros = std::chrono::microseconds;

class DelayEstimator {
 public:
  DelayEstimator();

  // A frame whose sound lasts for `duration` and ends at `end` in the sender's time. Once a frame, late ones too,
  // repetitions not.
  void arrived(Micros end, Micros duration, Micros arrival);

  // Of the fastest frame of late; zero before the first.
  [[nodiscard]] Micros base() const { return base_; }
  [[nodiscard]] Micros target() const { return target_; }

 private:
  struct Window {
    std::int64_t number = -1;
    Micros least{0};
  };
  struct Peaks {
    Micros last{0};
    Micros height{0};
    Micros hold_until{0};
    bool seen = false;
  };

  void update_base(Micros transit, Micros arrival);
  void update_histogram(Micros delay, Micros duration);
  void update_peaks(Micros delay, Micros arrival);
  [[nodiscard]] Micros quantile() const;

  Micros base_{0};
  Micros target_;
  std::uint64_t count_ = 0;
  Peaks peaks_;
  std::array<Window, limits::base_windows> windows_{};
  std::array<float, limits::delay_buckets> histogram_{};  // adds up to 1
};

}  // namespace pqc::media::voice
