// What a receiver of one source reports about it (RFC 3550 §6.4.1, A.3, A.8). Packets are authenticated and came once.
//
// Pure; no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "media/rtp/rtcp.h"

namespace pqc::media::rtp {

class Reception {
 public:
  explicit Reception(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // `sequence` is unwrapped, `arrival` counts from any fixed moment.
  void add(std::int64_t sequence, std::uint32_t timestamp, std::chrono::microseconds arrival);
  [[nodiscard]] bool any() const { return first_.has_value(); }

  // Everything but source, LSR and DLSR. The share lost is that since the last call.
  ReportBlock report();
  [[nodiscard]] std::int64_t lost() const;
  [[nodiscard]] double last_fraction_lost() const { return fraction_ / 256.0; }
  [[nodiscard]] std::chrono::microseconds jitter() const;

 private:
  [[nodiscard]] std::int64_t expected() const { return first_ ? highest_ - *first_ + 1 : 0; }
  void update_jitter(std::uint32_t timestamp, std::chrono::microseconds arrival);

  std::uint32_t clock_rate_;
  std::optional<std::int64_t> first_;
  std::int64_t highest_ = 0;
  std::int64_t received_ = 0;
  std::int64_t expected_before_ = 0;
  std::int64_t received_before_ = 0;
  std::uint8_t fraction_ = 0;
  std::optional<std::uint32_t> transit_;
  std::uint32_t jitter_ = 0;  // in units of the clock, times 16
};

}  // namespace pqc::media::rtp
