// Rates: a bucket that fills with time, and many of them by key.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "server/limits.h"

namespace pqc::server {

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

// At most max_rate_keys buckets: full ones say nothing and are dropped first; if all are in use, strangers to the table
// are refused.
template <class Key>
class RateTable {
 public:
  explicit RateTable(Rate rate) : rate_(rate) {}

  [[nodiscard]] bool take(const Key& key, TokenBucket::Time now = std::chrono::steady_clock::now()) {
    return has_room_for(key, now) && buckets_[key].take(rate_, now);
  }

  // Whether there is a token; takes none.
  [[nodiscard]] bool any(const Key& key, TokenBucket::Time now = std::chrono::steady_clock::now()) {
    const auto it = buckets_.find(key);
    return it == buckets_.end() || it->second.any(rate_, now);
  }
  // Adds to a debt, too: what was asked for side by side, before any of it was charged, is all paid for.
  void charge(const Key& key, std::size_t count, TokenBucket::Time now = std::chrono::steady_clock::now()) {
    if (count > 0 && has_room_for(key, now)) buckets_[key].charge(rate_, now, count);
  }

 private:
  [[nodiscard]] bool has_room_for(const Key& key, TokenBucket::Time now) {
    if (buckets_.size() < max_rate_keys || buckets_.contains(key)) return true;
    std::erase_if(buckets_, [&](auto& entry) { return entry.second.full(rate_, now); });
    return buckets_.size() < max_rate_keys;
  }

  Rate rate_;
  std::unordered_map<Key, TokenBucket> buckets_;
};

}  // namespace pqc::server
