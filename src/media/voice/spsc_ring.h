// Samples from one thread to another without locks, allocation or system calls: for the side that the sound system
// calls. One thread writes, one reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pqc::media::voice {

template <std::size_t capacity>
class SpscRing {
  static_assert((capacity & (capacity - 1)) == 0, "positions wrap at a power of two");

 public:
  // All of `samples` or, where there is no room, nothing.
  [[nodiscard]] bool write(std::span<const std::int16_t> samples) {
    const auto end = written_.load(std::memory_order_relaxed);
    const auto begin = read_.load(std::memory_order_acquire);
    if (capacity - (end - begin) < samples.size()) return false;
    for (std::size_t i = 0; i < samples.size(); ++i) samples_[(end + i) % capacity] = samples[i];
    written_.store(end + samples.size(), std::memory_order_release);
    return true;
  }

  // As many as are there, up to out.size(); answers how many.
  std::size_t read(std::span<std::int16_t> out) {
    const auto begin = read_.load(std::memory_order_relaxed);
    const auto end = written_.load(std::memory_order_acquire);
    const auto count = std::min(out.size(), end - begin);
    for (std::size_t i = 0; i < count; ++i) out[i] = samples_[(begin + i) % capacity];
    read_.store(begin + count, std::memory_order_release);
    return count;
  }

  // While neither side is at work.
  void clear() { read_.store(written_.load(std::memory_order_relaxed), std::memory_order_relaxed); }

  // Exact for the two threads in the direction that matters to them: there is at least that much for the reader, and at
  // most that much for the writer.
  [[nodiscard]] std::size_t size() const {
    const auto begin = read_.load(std::memory_order_acquire);
    return written_.load(std::memory_order_acquire) - begin;
  }

 private:
  static constexpr std::size_t line = 64;
  alignas(line) std::atomic<std::size_t> written_{0};
  alignas(line) std::atomic<std::size_t> read_{0};
  alignas(line) std::array<std::int16_t, capacity> samples_{};
};

}  // namespace pqc::media::voice
