// Randomness as an input. The one for production is crypto::SystemRng; tests bring a seeded one.
#pragma once

#include <array>

#include "base/bytes.h"

namespace pqc {

class Rng {
 public:
  virtual ~Rng() = default;
  // Fills all of `out` with bytes that nobody can predict. Never fails: a system without randomness is aborted.
  virtual void fill(ByteSpan out) = 0;

  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

}  // namespace pqc
