// Decoded samples on their way out, and the last ones that are gone: time stretching looks at both. Not thread-safe; no
// allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/voice/limits.h"

namespace pqc::media::voice {

class SampleQueue {
 public:
  static constexpr std::size_t history_size = limits::longest_period;

  // What is still to be played.
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool has_room(std::size_t count) const { return end_ + count <= samples_.size(); }

  // The history (silence at first), then what is to be played, in one piece; the border is at history_size.
  [[nodiscard]] std::span<std::int16_t> all() { return {samples_.data(), end_}; }

  // Room for `count` more samples at the end, for the caller to fill; has_room(count) is true.
  [[nodiscard]] std::span<std::int16_t> append(std::size_t count) {
    end_ += count;
    return {samples_.data() + end_ - count, count};
  }
  // Makes room for, or closes the gap of, samples at the border.
  void insert_at_border(std::size_t count) {
    std::copy_backward(samples_.data() + begin_, samples_.data() + end_, samples_.data() + end_ + count);
    end_ += count;
  }
  void remove_at(std::size_t position, std::size_t count) {
    std::copy(samples_.data() + position + count, samples_.data() + end_, samples_.data() + position);
    end_ -= count;
  }

  // Moves the next out.size() samples out; there are as many.
  void take(std::span<std::int16_t> out) {
    std::copy_n(samples_.data() + begin_, out.size(), out.data());
    std::copy(samples_.data() + out.size(), samples_.data() + end_, samples_.data());
    end_ -= out.size();
  }
  void clear() {
    samples_.fill(0);
    end_ = begin_;
  }

 private:
  static constexpr std::size_t begin_ = history_size;
  std::size_t end_ = begin_;
  std::array<std::int16_t, history_size + limits::queued_samples> samples_{};
};

}  // namespace pqc::media::voice
