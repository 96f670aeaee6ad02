// The arrivals that the next transport-wide feedback tells of, in the order of their numbers. Pure.
//
// A packet that comes when feedback has told of later ones makes the next feedback begin with it, and tell of those
// once more: on a path with jitter, many would else count as lost.
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
    // What is much older than what was told, or comes when there is no room, is not told of.
    if (sequence < told_ - limits::late_arrivals || size_ == limits::feedback_packets) return;
    const auto all = std::span(arrivals_).first(size_);
    const auto at = std::ranges::lower_bound(all, sequence, {}, &rtp::PacketArrival::sequence);
    if (at != all.end() && at->sequence == sequence) return;
    const auto place = static_cast<std::size_t>(at - all.begin());
    std::shift_right(arrivals_.begin() + static_cast<std::ptrdiff_t>(place),
                     arrivals_.begin() + static_cast<std::ptrdiff_t>(size_) + 1, 1);
    arrivals_[place] = {sequence, ticks};
    ++size_;
    from_ = told_ < 0 ? arrivals_[0].sequence : std::min(from_, sequence);
  }
  [[nodiscard]] std::span<const rtp::PacketArrival> waiting() const {
    const auto all = std::span(arrivals_).first(size_);
    return {std::ranges::lower_bound(all, from_, {}, &rtp::PacketArrival::sequence), all.end()};
  }
  // The first number that feedback has not told of or has to tell of again; before the first, that of the first
  // arrival.
  [[nodiscard]] std::int64_t from() const { return from_; }
  // The first `count` of those that wait are told.
  void told(std::size_t count) {
    told_ = from_ = waiting()[count - 1].sequence + 1;
    const auto all = std::span(arrivals_).first(size_);
    const auto kept = std::ranges::lower_bound(all, told_ - limits::late_arrivals, {}, &rtp::PacketArrival::sequence);
    const auto forgotten = kept - all.begin();
    std::shift_left(all.begin(), all.end(), forgotten);
    size_ -= static_cast<std::size_t>(forgotten);
  }

 private:
  Time start_{};
  rtp::SequenceUnwrapper numbers_;
  std::array<rtp::PacketArrival, limits::feedback_packets + 1> arrivals_;
  std::size_t size_ = 0;
  std::int64_t told_ = -1;  // one past the last that was told; -1: none was
  std::int64_t from_ = 0;
};

}  // namespace pqc::media
