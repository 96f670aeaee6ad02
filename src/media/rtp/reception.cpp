#include "media/rtp/reception.h"

#include <algorithm>
#include <cstdlib>

namespace pqc::media::rtp {
namespace {

constexpr std::int64_t max_lost = 0x7F'FFFF;  // 24 bits with a sign
constexpr std::int64_t min_lost = -0x80'0000;

}  // namespace

void Reception::add(std::int64_t sequence, std::uint32_t timestamp, std::chrono::microseconds arrival) {
  ++received_;
  highest_ = first_ ? std::max(highest_, sequence) : sequence;
  first_ = std::min(first_.value_or(sequence), sequence);
  update_jitter(timestamp, arrival);
}

// RFC 3550 A.8, in whole numbers: J += (|D| - J) / 16.
void Reception::update_jitter(std::uint32_t timestamp, std::chrono::microseconds arrival) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(arrival);
  const auto units = seconds.count() * clock_rate_ + (arrival - seconds).count() * clock_rate_ / 1'000'000;
  const auto transit = static_cast<std::uint32_t>(units) - timestamp;
  if (transit_) {
    const auto difference = static_cast<std::int32_t>(transit - *transit_);
    const auto size = difference < 0 ? 0U - static_cast<std::uint32_t>(difference) : difference;
    jitter_ += static_cast<std::uint32_t>(size) - ((jitter_ + 8) >> 4);
  }
  transit_ = transit;
}

std::int64_t Reception::lost() const {
  return expected() - received_;
}

ReportBlock Reception::report() {
  const auto expected_now = expected() - expected_before_;
  const auto lost_now = expected_now - (received_ - received_before_);
  expected_before_ = expected();
  received_before_ = received_;
  fraction_ = expected_now <= 0 || lost_now <= 0
                  ? std::uint8_t{0}
                  : static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
  return {.ssrc = {},
          .fraction_lost = fraction_,
          .cumulative_lost = static_cast<std::int32_t>(std::clamp(lost(), min_lost, max_lost)),
          .highest_sequence = static_cast<std::uint32_t>(highest_),
          .jitter = jitter_ >> 4,
          .last_sender_report = 0,
          .delay_since_last = 0};
}

std::chrono::microseconds Reception::jitter() const {
  return std::chrono::microseconds(std::int64_t{jitter_ >> 4} * 1'000'000 / clock_rate_);
}

}  // namespace pqc::media::rtp
