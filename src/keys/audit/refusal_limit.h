// How many `refused` lines the security log takes (docs/spec/agent.md §8). Whoever may write to a profile's owner may
// cause refusals; they must not push everything else out of a log that is rotated. Pure; one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace pqc::keys::audit {

inline constexpr std::uint64_t refusals_at_once = 100;
inline constexpr std::chrono::milliseconds time_a_refusal = std::chrono::seconds(36);  // 100 an hour

class RefusalLimit {
 public:
  // For one more refusal: how many were left out since the last line, or nothing when this one is left out, too.
  [[nodiscard]] std::optional<std::uint64_t> admit(UnixMillis now) {
    // A clock that was set back gives nothing and takes nothing.
    const auto earned = std::max<std::int64_t>(0, (now - since_).count() / time_a_refusal.count());
    if (earned > 0 || now < since_) since_ = now;
    left_ = std::min(refusals_at_once, left_ + std::min<std::uint64_t>(refusals_at_once, std::uint64_t(earned)));
    if (left_ == 0) {
      ++left_out_;
      return std::nullopt;
    }
    --left_;
    return std::exchange(left_out_, 0);
  }

 private:
  UnixMillis since_{};
  std::uint64_t left_ = refusals_at_once;
  std::uint64_t left_out_ = 0;
};

}  // namespace pqc::keys::audit
