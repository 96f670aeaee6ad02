// How voice is sent while a call lasts: what the bandwidth estimator says of the path, made into few changes
// (docs/spec/voice.md §4). Down it goes at once; up by steps, each after some quiet, and the longer the quiet the more
// often a step has turned out too much. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "media/voice/bandwidth_estimator.h"
#include "media/voice/rate_choice.h"

namespace pqc::media::voice {

class RateControl {
 public:
  // The overhead is that of each packet around our payload (PathState).
  RateControl(const RateChoice& start, const RateLimits& wanted, std::uint32_t overhead_bytes);

  // The packets of one feedback report, of `bytes` with headers. `now` is our clock and never goes back. Answers how to
  // send from now on, where that changes.
  std::optional<RateChoice> feedback(std::span<const PacketResult> results, std::chrono::microseconds now);

  // A packet goes out.
  void sent(std::chrono::microseconds now) { estimator_.sent(now); }
  // Now and then: it goes down when there is no feedback for what goes out.
  std::optional<RateChoice> poll(std::chrono::microseconds now);

  [[nodiscard]] const RateChoice& choice() const { return choice_; }
  [[nodiscard]] const BandwidthEstimator& path() const { return estimator_; }

 private:
  std::optional<RateChoice> follow(std::chrono::microseconds now);
  [[nodiscard]] RateChoice wanted_choice() const;
  void fell();

  RateLimits wanted_;
  std::uint32_t overhead_;
  BandwidthEstimator estimator_;
  RateChoice choice_;
  RateChoice before_silence_;
  std::optional<std::chrono::microseconds> changed_;
  std::optional<std::chrono::microseconds> rose_;  // a step that is on trial
  std::chrono::microseconds quiet_;                // that a step up waits for
};

}  // namespace pqc::media::voice
