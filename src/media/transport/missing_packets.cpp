#include "media/transport/missing_packets.h"

#include <algorithm>

namespace pqc::media {

void MissingPackets::add(std::int64_t sequence, Time now) {
  if (size_ == missing_.size()) {
    std::shift_left(missing_.begin(), missing_.end(), 1);
    --size_;
  }
  missing_[size_++] = {sequence, now + limits::first_request, 0};
}

void MissingPackets::remove(std::int64_t sequence) {
  const auto all = std::span(missing_).first(size_);
  const auto gone = std::ranges::remove(all, sequence, &Missing::sequence);
  size_ -= gone.size();
}

void MissingPackets::arrived(std::int64_t sequence, Time now) {
  if (highest_ && sequence <= *highest_) return remove(sequence);
  if (highest_) {
    const auto room = static_cast<std::int64_t>(missing_.size());
    for (auto lost = std::max(*highest_ + 1, sequence - room); lost < sequence; ++lost) add(lost, now);
  }
  highest_ = sequence;
}

std::span<const std::uint16_t> MissingPackets::requests(Time now, Time::duration again) {
  std::size_t count = 0;
  for (auto& missing : std::span(missing_).first(size_)) {
    if (missing.next > now) continue;
    missing.next = now + again;
    ++missing.requests;
    asked_[count++] = static_cast<std::uint16_t>(missing.sequence);
  }
  const auto all = std::span(missing_).first(size_);
  const auto given_up = std::ranges::remove_if(all, [](auto& one) { return one.requests >= limits::repeats; });
  size_ -= given_up.size();
  return std::span(asked_).first(count);
}

std::optional<Time> MissingPackets::due() const {
  const auto all = std::span(missing_).first(size_);
  const auto first = std::ranges::min_element(all, {}, &Missing::next);
  return first == all.end() ? std::nullopt : std::optional(first->next);
}

}  // namespace pqc::media
