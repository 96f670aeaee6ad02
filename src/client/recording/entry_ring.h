// Entries of a recording on their way from those that move packets to the thread that writes: no locks, allocation
// or system calls, fixed memory. What was read is wiped, and what is left at the end. One thread at a time writes, one
// reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/secret.h"

namespace pqc::client {

template <std::size_t capacity>
class EntryRing {
  static_assert((capacity & (capacity - 1)) == 0, "positions wrap at a power of two");

 public:
  EntryRing() = default;
  ~EntryRing() { wipe(*bytes_); }
  EntryRing(const EntryRing&) = delete;
  EntryRing& operator=(const EntryRing&) = delete;

  // The whole entry or, where there is no room, nothing.
  [[nodiscard]] bool write(ByteView entry) {
    const auto end = written_.load(std::memory_order_relaxed);
    const auto begin = read_.load(std::memory_order_acquire);
    if (capacity - (end - begin) < entry.size() + 2) return false;
    at(end) = static_cast<std::uint8_t>(entry.size() >> 8U);
    at(end + 1) = static_cast<std::uint8_t>(entry.size() & 0xffU);
    for (std::size_t i = 0; i < entry.size(); ++i) at(end + 2 + i) = entry[i];
    written_.store(end + 2 + entry.size(), std::memory_order_release);
    return true;
  }

  // The next entry into the start of `out`, which has room for any; nothing where none waits.
  [[nodiscard]] ByteView read(ByteSpan out) {
    const auto begin = read_.load(std::memory_order_relaxed);
    if (written_.load(std::memory_order_acquire) == begin) return {};
    const auto size = static_cast<std::size_t>(at(begin) << 8U | at(begin + 1));
    for (std::size_t i = 0; i < size; ++i) out[i] = std::exchange(at(begin + 2 + i), std::uint8_t{0});
    read_.store(begin + 2 + size, std::memory_order_release);
    return out.first(size);
  }

 private:
  std::uint8_t& at(std::size_t position) { return (*bytes_)[position % capacity]; }

  static constexpr std::size_t line = 64;
  alignas(line) std::atomic<std::size_t> written_{0};
  alignas(line) std::atomic<std::size_t> read_{0};
  std::unique_ptr<std::array<std::uint8_t, capacity>> bytes_ = std::make_unique<std::array<std::uint8_t, capacity>>();
};

}  // namespace pqc::client
