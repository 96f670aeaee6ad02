// Rates by key, each a bucket that fills with time (token_bucket.h), in a table that no number of keys makes grow
// beyond its bound: full buckets say nothing and are dropped first; while all are in use, strangers to the table are
// refused. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "base/token_bucket.h"

namespace pqc {

template <class Key>
class RateTable {
 public:
  using Time = TokenBucket::Time;

  // At most so many buckets.
  RateTable(Rate rate, std::size_t most) : rate_(rate), most_(most) {}

  [[nodiscard]] bool take(const Key& key, Time now = std::chrono::steady_clock::now()) {
    return has_room_for(key, now) && buckets_[key].take(rate_, now);
  }
  // What take() would answer; takes none.
  [[nodiscard]] bool would_take(const Key& key, Time now = std::chrono::steady_clock::now()) {
    return has_room_for(key, now) && any(key, now);
  }
  // What it took came to nothing: it has its whole burst again.
  void forget(const Key& key) { buckets_.erase(key); }

  // Of what is charged once it is known: whether there is a token, as there is for strangers to the table.
  [[nodiscard]] bool any(const Key& key, Time now = std::chrono::steady_clock::now()) {
    const auto it = buckets_.find(key);
    return it == buckets_.end() || it->second.any(rate_, now);
  }
  // Adds to a debt, too: what was asked for side by side, before any of it was charged, is all paid for.
  void charge(const Key& key, std::size_t count, Time now = std::chrono::steady_clock::now()) {
    if (count > 0 && has_room_for(key, now)) buckets_[key].charge(rate_, now, count);
  }

  // Buckets.
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  [[nodiscard]] bool has_room_for(const Key& key, Time now) {
    if (buckets_.size() < most_ || buckets_.contains(key)) return true;
    std::erase_if(buckets_, [&](auto& entry) { return entry.second.full(rate_, now); });
    return buckets_.size() < most_;
  }

  Rate rate_;
  std::size_t most_;
  std::unordered_map<Key, TokenBucket> buckets_;
};

}  // namespace pqc
