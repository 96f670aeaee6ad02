// The arrivals that the next transport-wide feedback tells of, in the order of their numbers. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "media/rtp/sequence.h"
#include "media/rtp/transport_feedback.h"
#include "media/transport/limits.h"
#include "media/transport/time.h"

namespace pqc::media {

class Arrivals {
 public:
  Arrivals() = default;
  // Times are told from `start` on, so that they say nothing about how long this machine runs.
  explicit Arrivals(Time start) : start_(start) {}

  void add(std::uint16_t transport_sequence, Time now) {
    const auto sequence = numbers_.unwrap(transport_sequence);
    const auto ticks = std::chrono::floor<rtp::Ticks>(now - start_);
    // What is older than the last feedback told, or comes when there is no room, is not told of.
    if (sequence < told_ || size_ == limits::feedback_packets) return;
    const auto all = std::span(arrivals_).first(size_);
    const auto at = std::ranges::lower_bound(all, sequence, {}, &rtp::PacketArrival::sequence);
    if (at != all.end() && at->sequence == sequence) return;
    const auto place = static_cast<std::size_t>(at - all.begin());
    std::shift_right(arrivals_.begin() + static_cast<std::ptrdiff_t>(place),
                     arrivals_.begin() + static_cast<std::ptrdiff_t>(size_) + 1, 1);
    arrivals_[place] = {sequence, ticks};
    ++size_;
  }
  [[nodiscard]] std::span<const rtp::PacketArrival> waiting() const { return std::span(arrivals_).first(size_); }
  // The number behind those that feedback has told of; before the first, that of the first arrival.
  [[nodiscard]] std::int64_t from() const { return told_ >= 0 ? told_ : arrivals_[0].sequence; }
  // The first `count` are told.
  void told(std::size_t count) {
    told_ = arrivals_[count - 1].sequence + 1;
    std::shift_left(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(size_),
                    static_cast<std::ptrdiff_t>(count));
    size_ -= count;
  }

 private:
  Time start_{};
  rtp::SequenceUnwrapper numbers_;
  std::array<rtp::PacketArrival, limits::feedback_packets + 1> arrivals_;
  std::size_t size_ = 0;
  std::int64_t told_ = -1;
};

}  // namespace pqc::media
