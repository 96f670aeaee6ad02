#include "media/voice/delay_estimator.h"

#include <algorithm>

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;

// A delay that the quantile leaves out. Lower and sound is more often concealed; higher and one odd frame a second
// decides.
constexpr float quantile_share = 0.98F;
// What is older than this counts less than a third.
constexpr Micros forgetting = 1500ms;
// Before anything is known: twice what a quiet network needs.
constexpr Micros first_target = 20ms;
// How many frames the first guess counts as.
constexpr std::uint64_t guess_weight = 20;

constexpr Micros peak_above = 40ms;
constexpr Micros peak_apart = 100ms;
constexpr Micros peak_memory = 10s;
constexpr Micros peak_longest_hold = 4s;

std::size_t bucket_of(Micros delay) {
  const auto bucket = std::max<std::int64_t>(delay / limits::delay_bucket, 0);
  return std::min(static_cast<std::size_t>(bucket), limits::delay_buckets - 1);
}

}  // namespace

DelayEstimator::DelayEstimator() : target_(first_target) {
  histogram_[bucket_of(first_target) - 1] = 1;
}

void DelayEstimator::update_base(Micros transit, Micros arrival) {
  const auto number = arrival / limits::base_window;
  auto& window = windows_[static_cast<std::size_t>(number) % windows_.size()];
  if (window.number != number) window = {.number = number, .least = transit};
  window.least = std::min(window.least, transit);
  base_ = transit;
  for (const auto& w : windows_) {
    if (w.number > number - std::ssize(windows_) && w.number <= number) base_ = std::min(base_, w.least);
  }
}

void DelayEstimator::update_histogram(Micros delay, Micros duration) {
  const auto settled = static_cast<float>(duration.count()) / static_cast<float>(forgetting.count());
  const float fresh = std::max(settled, 1.0F / static_cast<float>(count_ + guess_weight));
  for (auto& weight : histogram_) weight *= 1 - fresh;
  histogram_[bucket_of(delay)] += fresh;
}

void DelayEstimator::update_peaks(Micros delay, Micros arrival) {
  if (delay < target_ + peak_above) return;
  const auto since = arrival - peaks_.last;
  if (peaks_.seen && since < peak_apart) {
    peaks_.height = std::max(peaks_.height, delay);
    return;
  }
  const bool repeated = peaks_.seen && since < peak_memory;
  peaks_.height = repeated ? std::max(peaks_.height * 3 / 4, delay) : delay;
  if (repeated) peaks_.hold_until = arrival + std::min(2 * since, peak_longest_hold);
  peaks_.last = arrival;
  peaks_.seen = true;
}

Micros DelayEstimator::quantile() const {
  float sum = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < histogram_.size() && (sum += histogram_[bucket]) < quantile_share) ++bucket;
  return limits::delay_bucket * static_cast<int>(bucket + 1);
}

void DelayEstimator::arrived(Micros end, Micros duration, Micros arrival) {
  const auto transit = arrival - end;
  update_base(transit, arrival);
  const auto delay = transit - base_;
  update_peaks(delay, arrival);
  update_histogram(delay, duration);
  target_ = quantile();
  if (arrival < peaks_.hold_until) target_ = std::max(target_, peaks_.height);
  target_ = std::clamp(target_, limits::least_target, limits::most_target);
  ++count_;
}

}  // namespace pqc::media::voice
