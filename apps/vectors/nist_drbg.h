// The deterministic generator that NIST's known-answer files were made with: CTR_DRBG with AES-256, without derivation
// function, prediction resistance or reseeding (SP 800-90A §10.2.1). AES is OpenSSL's. For test vectors only.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/rng.h"

namespace pqc::vectors {

class NistDrbg final : public Rng {
 public:
  static constexpr std::size_t seed_size = 48;

  explicit NistDrbg(std::span<const std::uint8_t, seed_size> seed) { update(seed); }
  void fill(ByteSpan out) override;

 private:
  using Block = std::array<std::uint8_t, 16>;

  // Raises V by one and encrypts it.
  Block next_block();
  void update(ByteView provided);

  std::array<std::uint8_t, 32> key_{};
  Block v_{};
};

}  // namespace pqc::vectors
