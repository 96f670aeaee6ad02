// What strangers may cost a service that anybody may call (docs/spec/calls.md §10): how many of an account's deliveries
// are looked at, and how often the server is asked for its record. Bounded, whoever comes; in memory only. Pure; its
// owner says what time it is.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/token_bucket.h"
#include "client/limits.h"

namespace pqc::client {

// A bucket for each account. Full ones say nothing and are dropped where the table is full; if all are in use,
// newcomers have none.
class AccountRates {
 public:
  using Time = TokenBucket::Time;

  AccountRates(const Rate& rate, std::size_t most) : rate_(rate), most_(most) {}

  // Takes nothing.
  [[nodiscard]] bool any(const std::string& account, Time now) {
    const auto found = buckets_.find(account);
    return found == buckets_.end() ? has_room(now) : found->second.any(rate_, now);
  }
  // False: nothing was taken.
  bool take(const std::string& account, Time now) { return any(account, now) && buckets_[account].take(rate_, now); }
  // What it took came to nothing.
  void forget(const std::string& account) { buckets_.erase(account); }
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  bool has_room(Time now) {
    if (buckets_.size() < most_) return true;
    std::erase_if(buckets_, [&](auto& entry) { return entry.second.full(rate_, now); });
    return buckets_.size() < most_;
  }

  const Rate rate_;
  const std::size_t most_;
  std::map<std::string, TokenBucket> buckets_;
};

struct StrangerLimits {
  AccountRates deliveries{limits::stranger_deliveries, limits::stranger_accounts};
  AccountRates lookups{limits::stranger_lookups, limits::stranger_accounts};
};

}  // namespace pqc::client
