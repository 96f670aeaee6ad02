// How often a path to one device is tried (docs/spec/direct.md §3). Pure; its owner says what time it is.
#pragma once

#include <algorithm>
#include <chrono>

#include "client/limits.h"

namespace pqc::client {

class DirectPace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  void begin(TimePoint now) { began_ = now; }
  // The path was used: failures before it do not count any more.
  void use() { backoff_ = {}; }
  // `failed`: the next attempt waits longer.
  void end(TimePoint now, bool failed) {
    if (failed) backoff_ = std::clamp(backoff_ * 2, limits::direct_backoff_first, limits::direct_backoff_longest);
    not_before_ = failed ? now + backoff_ : began_ + limits::direct_interval;
  }

  [[nodiscard]] bool may_offer(TimePoint now) const { return now >= not_before_; }
  // Of an offer of theirs: where it replaces one that has not led to a path in use, our addresses and checks would be
  // at their command as often as they like.
  [[nodiscard]] bool may_answer(TimePoint now, bool replaces_unused) const {
    return now >= began_ + limits::direct_interval && (!replaces_unused || may_offer(now));
  }

 private:
  TimePoint began_;
  TimePoint not_before_;                  // of an offer of ours
  std::chrono::milliseconds backoff_{0};  // after the last failure
};

}  // namespace pqc::client
