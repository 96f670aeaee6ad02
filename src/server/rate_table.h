// Rates by key, each a bucket that fills with time.
#pragma once

#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "base/token_bucket.h"
#include "server/limits.h"

namespace pqc::server {

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
