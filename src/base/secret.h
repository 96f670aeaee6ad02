// Secret bytes: wiped when they go, not copied by accident, never printed, compared in constant time only.
//
// Secret<Tag, N> holds N bytes inside itself, so a local one costs no allocation; SecretBytes holds any number in the
// locked arena (base/locked_arena.h). A long-lived object with secrets in it belongs there too: make_locked<T>().
#pragma once

#include <array>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/locked_arena.h"

namespace pqc {

// Overwrites memory in a way that the compiler keeps.
inline void wipe(ByteSpan bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

// Whether two byte strings of equal, public length are the same; its time depends on the length only.
bool constant_time_equal(ByteView a, ByteView b);

template <class Tag, std::size_t N>
class Secret {
 public:
  static constexpr std::size_t size = N;

  Secret() = default;  // all zero, to be filled through fill()
  explicit Secret(std::span<const std::uint8_t, N> bytes) { std::ranges::copy(bytes, bytes_.begin()); }
  ~Secret() { wipe(bytes_); }

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }

  // A copy has to be asked for by name.
  [[nodiscard]] Secret clone() const { return Secret(view()); }

  [[nodiscard]] std::span<const std::uint8_t, N> view() const { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t, N> fill() { return bytes_; }
  [[nodiscard]] bool equals(const Secret& other) const { return constant_time_equal(bytes_, other.bytes_); }
  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  std::array<std::uint8_t, N> bytes_{};
};

// Secret bytes of a length known at run time, in locked memory.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  ~SecretBytes() = default;  // the allocator wipes
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&&) noexcept = default;
  SecretBytes& operator=(SecretBytes&&) noexcept = default;

  [[nodiscard]] SecretBytes clone() const { return SecretBytes(view()); }
  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] ByteSpan fill() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  void append(ByteView more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

 private:
  std::vector<std::uint8_t, LockedAllocator<std::uint8_t>> bytes_;
};

}  // namespace pqc
