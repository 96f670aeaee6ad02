// How many offers of one contact are looked at in a minute (docs/spec/calls.md §6): before one costs a row, a reply or
// anything else. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>

#include "client/limits.h"

namespace pqc::client {

class OfferLimit {
 public:
  // Since any fixed moment.
  using Time = std::chrono::milliseconds;

  // Counts this one, where it is within the limit.
  [[nodiscard]] bool take(std::int64_t contact, Time now) {
    std::erase_if(times_, [&](const auto& entry) { return entry.second.back() + std::chrono::minutes(1) <= now; });
    auto& times = times_[contact];
    while (!times.empty() && times.front() + std::chrono::minutes(1) <= now) times.pop_front();
    if (times.size() >= limits::call_offers_a_minute) return false;
    times.push_back(now);
    return true;
  }

 private:
  std::map<std::int64_t, std::deque<Time>> times_;  // by contact, none of them empty
};

}  // namespace pqc::client
