// Sources of randomness.
#pragma once

#include <array>
#include <cstdint>

#include "base/rng.h"

namespace pqc::crypto {

// OpenSSL's private DRBG, seeded by the kernel; safe across fork and from any thread. A system that cannot give
// randomness ends the program: nothing sensible can go on.
class SystemRng final : public Rng {
 public:
  void fill(ByteSpan out) override;

  // One for the whole process, where an object's life would only be a burden.
  static SystemRng& instance();
};

// A reproducible stream for tests, benchmarks and simulated networks: SHA-512(seed ‖ block number). Not for production.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : seed_(seed) {}
  void fill(ByteSpan out) override;

 private:
  void next_block();

  std::uint64_t seed_;
  std::uint64_t block_ = 0;
  std::array<std::uint8_t, 64> buffer_{};
  std::size_t used_ = 64;
};

}  // namespace pqc::crypto
