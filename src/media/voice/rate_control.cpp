#include "media/voice/rate_control.h"

#include <algorithm>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

using Micros = std::chrono::microseconds;

// A step up asks at most this much more of the path, or enough for the next bit rate.
constexpr double step_up = 1.25;
constexpr std::uint32_t least_step_up = 8'000;

}  // namespace

RateControl::RateControl(const RateChoice& start, const RateLimits& wanted, std::uint32_t overhead_bytes)
    : wanted_(wanted),
      overhead_(overhead_bytes),
      estimator_(wire_bits_per_second(start, overhead_bytes)),
      choice_(start),
      before_silence_(start),
      quiet_(limits::least_quiet) {}

RateChoice RateControl::wanted_choice() const {
  const auto taken = wire_bits_per_second(choice_, overhead_);
  const auto most =
      std::max(static_cast<std::uint32_t>(step_up * taken), taken + least_step_up * (choice_.redundancy ? 2 : 1));
  const PathState path{.bits_per_second = std::min(estimator_.bits_per_second(), most),
                       .loss = estimator_.loss(),
                       .overhead_bytes = overhead_};
  return choose_rate(path, choice_, wanted_);
}

// What was too much soon after a step up would be so again: the next one comes later.
void RateControl::fell() {
  if (rose_) quiet_ = std::min<Micros>(2 * quiet_, limits::most_quiet);
  rose_.reset();
}

std::optional<RateChoice> RateControl::feedback(std::span<const PacketResult> results, Micros now) {
  if (!estimator_.feedback(results, now)) return follow(now);
  rose_.reset();
  if (choice_ == before_silence_) return std::nullopt;
  choice_ = before_silence_;
  changed_ = now;
  return choice_;
}

std::optional<RateChoice> RateControl::poll(Micros now) {
  if (!estimator_.paused()) before_silence_ = choice_;
  if (!estimator_.silent(now)) return std::nullopt;
  return follow(now);
}

std::optional<RateChoice> RateControl::follow(Micros now) {
  if (rose_ && now - *rose_ >= limits::step_on_trial) {
    quiet_ = limits::least_quiet;
    rose_.reset();
  }
  const auto next = wanted_choice();
  if (next == choice_) return std::nullopt;
  const auto then = wire_bits_per_second(next, overhead_);
  const auto before = wire_bits_per_second(choice_, overhead_);
  const bool too_much = estimator_.bits_per_second() < before;
  const bool copies = next.redundancy && !choice_.redundancy;
  if (!too_much && !copies && changed_ && now - *changed_ < quiet_) return std::nullopt;
  if (too_much) fell();
  // Copies take more too, but are no step that could turn out too much.
  if (then > before && !copies) rose_ = now;
  choice_ = next;
  changed_ = now;
  return next;
}

}  // namespace pqc::media::voice
