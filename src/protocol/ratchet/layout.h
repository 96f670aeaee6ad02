// Sizes of a message's pieces, by suite and turn (docs/spec/ratchet.md §2, §4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "crypto/aead.h"
#include "crypto/suite.h"

namespace pqc::ratchet {

inline constexpr std::size_t salt_size = 32;
inline constexpr std::size_t nonce_size = crypto::aead_nonce_size;
inline constexpr std::size_t tag_size = crypto::aead_tag_size;
// version, n, pn, two record versions
inline constexpr std::size_t header_fixed_size = 1 + 4 + 4 + 8 + 8;
inline constexpr std::size_t body_overhead = 2 * tag_size;

inline constexpr std::size_t max_kem_public = crypto::max_kem_sizes.public_key;
inline constexpr std::size_t max_part_size =
    std::max(crypto::x448_size, crypto::x25519_size + crypto::max_kem_sizes.ciphertext + max_kem_public);
inline constexpr std::size_t max_header_size = header_fixed_size + max_part_size;

struct Layout {
  std::size_t dh;
  std::size_t kem_public;
  std::size_t kem_ciphertext;

  // part_t = dh_public ‖ [kem_ciphertext] ‖ [kem_public]; turn 0 has no ciphertext.
  [[nodiscard]] constexpr std::size_t ciphertext(std::uint64_t turn) const { return turn == 0 ? 0 : kem_ciphertext; }
  [[nodiscard]] constexpr std::size_t part(std::uint64_t turn) const { return dh + ciphertext(turn) + kem_public; }
  [[nodiscard]] constexpr std::size_t header(std::uint64_t turn) const { return header_fixed_size + part(turn); }
  // salt ‖ header_nonce ‖ sealed_header
  [[nodiscard]] constexpr std::size_t prefix(std::uint64_t turn) const {
    return salt_size + nonce_size + header(turn) + tag_size;
  }
  [[nodiscard]] constexpr std::size_t message(std::uint64_t turn, std::size_t text) const {
    return prefix(turn) + text + body_overhead;
  }
};

constexpr Layout layout_of(const crypto::Suite& suite) {
  const auto kem = suite.kem ? crypto::kem_sizes(*suite.kem) : crypto::KemSizes{0, 0};
  return {crypto::dh_key_size(suite.dh), kem.public_key, kem.ciphertext};
}

}  // namespace pqc::ratchet
