// A rate: a bucket that fills with time, full at first. It has no clock. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace pqc {

struct Rate {
  double per_second = 0;
  double burst = 0;
};

class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Takes one token; false when there is none.
  [[nodiscard]] bool take(const Rate& rate, Time now) {
    refill(rate, now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  [[nodiscard]] bool any(const Rate& rate, Time now) {
    refill(rate, now);
    return tokens_ >= 1;
  }
  // Takes as many as that, into debt: for what is known only afterwards.
  void charge(const Rate& rate, Time now, std::size_t count) {
    refill(rate, now);
    tokens_ -= static_cast<double>(count);
  }
  [[nodiscard]] bool full(const Rate& rate, Time now) {
    refill(rate, now);
    return tokens_ >= rate.burst;
  }

 private:
  void refill(const Rate& rate, Time now) {
    if (last_ == Time{}) tokens_ = rate.burst;
    const auto passed = last_ == Time{} ? 0.0 : std::chrono::duration<double>(now - last_).count();
    tokens_ = std::min(rate.burst, tokens_ + passed * rate.per_second);
    last_ = now;
  }

  double tokens_ = 0;
  Time last_{};
};

}  // namespace pqc
