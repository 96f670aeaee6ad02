// Sequence numbers of 16 bits that wrap, as numbers that do not: each is taken for the nearest to the highest before.
#pragma once

#include <cstdint>
#include <optional>

namespace pqc::media::rtp {

class SequenceUnwrapper {
 public:
  // Where this number stands, without taking note of it.
  [[nodiscard]] std::int64_t peek(std::uint16_t sequence) const {
    if (!highest_) return sequence;
    const auto difference = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(*highest_));
    return *highest_ + difference;
  }
  std::int64_t unwrap(std::uint16_t sequence) {
    const auto out = peek(sequence);
    if (!highest_ || out > *highest_) highest_ = out;
    return out;
  }
  [[nodiscard]] std::optional<std::int64_t> highest() const { return highest_; }

 private:
  std::optional<std::int64_t> highest_;
};

}  // namespace pqc::media::rtp
