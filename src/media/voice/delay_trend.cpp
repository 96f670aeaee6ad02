#include "media/voice/delay_trend.h"

#include <algorithm>
#include <cmath>

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;

// §5.2: what is sent within so long is one group.
constexpr auto burst = 5ms;
// Of the trend line: how slowly the delay follows, what a slope is multiplied with, and the most points that count for
// it.
constexpr double smoothing = 0.9;
constexpr double gain = 4;
constexpr double most_points = 60;
// §5.4: the threshold in ms, its bounds, and how fast it adapts.
constexpr double first_threshold = 12.5;
constexpr double least_threshold = 6;
constexpr double most_threshold = 600;
constexpr double adapt_up = 0.0087;
constexpr double adapt_down = 0.039;
constexpr double too_far = 15;
constexpr auto over_time = 10ms;

double ms(DelayTrend::Micros time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

DelayTrend::DelayTrend() : threshold_(first_threshold) {}

void DelayTrend::add(Micros sent, Micros arrived) {
  // One that was overtaken by a later group.
  if (current_ && sent < current_->first_sent) return;
  if (current_ && sent - current_->first_sent > burst) close_group();
  if (!current_) {
    if (!previous_) origin_ = arrived;
    current_ = Group{.first_sent = sent, .last_sent = sent, .arrived = arrived};
    return;
  }
  current_->last_sent = std::max(current_->last_sent, sent);
  current_->arrived = std::max(current_->arrived, arrived);
}

void DelayTrend::close_group() {
  if (previous_) {
    sum_ += ms((current_->arrived - previous_->arrived) - (current_->last_sent - previous_->last_sent));
    smoothed_ = smoothing * smoothed_ + (1 - smoothing) * sum_;
    points_[count_ % window] = {.at = ms(current_->arrived - origin_), .delay = smoothed_};
    ++count_;
    const auto weight = std::min(static_cast<double>(count_), most_points);
    detect(count_ < window ? 0 : weight * slope() * gain, current_->arrived);
  }
  previous_ = current_;
  current_.reset();
}

// Least squares.
double DelayTrend::slope() const {
  double at = 0;
  double delay = 0;
  for (const auto& point : points_) {
    at += point.at / window;
    delay += point.delay / window;
  }
  double numerator = 0;
  double denominator = 0;
  for (const auto& point : points_) {
    numerator += (point.at - at) * (point.delay - delay);
    denominator += (point.at - at) * (point.at - at);
  }
  return denominator == 0 ? 0 : numerator / denominator;
}

void DelayTrend::detect(double trend, Micros now) {
  const auto since = std::clamp<Micros>(now - last_update_, 0us, 100ms);
  if (trend > threshold_) {
    over_for_ += since;
    // A queue that shrinks already is no overuse, however long it is.
    if (over_for_ > over_time && trend >= last_trend_) use_ = PathUse::over;
  } else {
    over_for_ = 0us;
    use_ = trend < -threshold_ ? PathUse::under : PathUse::normal;
  }
  adapt_threshold(trend, now);
  last_trend_ = trend;
  last_update_ = now;
}

void DelayTrend::adapt_threshold(double trend, Micros now) {
  const auto size = std::abs(trend);
  // A sudden jump, as when a route changes, says nothing about the usual.
  if (size > threshold_ + too_far) return;
  const auto since = std::clamp(ms(now - last_update_), 0.0, 100.0);
  threshold_ += (size < threshold_ ? adapt_down : adapt_up) * (size - threshold_) * since;
  threshold_ = std::clamp(threshold_, least_threshold, most_threshold);
}

}  // namespace pqc::media::voice
