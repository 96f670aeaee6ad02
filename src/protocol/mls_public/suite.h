// The cipher suites (RFC 9420 §17.1), all in one table (docs/spec/mls.md §2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "protocol/hpke/hpke.h"
#include "protocol/mls_public/error.h"
#include "protocol/mls_public/signature.h"

namespace pqc::mls::inline public_part {

struct Suite {
  std::uint16_t number;
  std::string_view name;
  hpke::Suite hpke;  // its AEAD seals messages too
  crypto::HashAlg hash;
  SignatureScheme signature;

  // KDF.Nh.
  [[nodiscard]] std::size_t secret_size() const { return crypto::hash_size(hash); }
  [[nodiscard]] std::size_t key_size() const { return crypto::aead_key_size(hpke.aead); }
};

namespace suites {
inline constexpr std::uint16_t x25519_aes128_ed25519 = 1;
// What the product uses.
inline constexpr std::uint16_t x_wing_aes256_ml_dsa_87 = 87;
}  // namespace suites

std::span<const Suite> all_suites();
// Null where we do not have it. The object lives as long as the process.
const Suite* find_suite(std::uint16_t number);

// The hash of a suite, with room for the longest.
struct Digest {
  std::array<std::uint8_t, crypto::max_hash_size> bytes{};
  std::uint8_t size = 0;
  [[nodiscard]] ByteView view() const { return ByteView(bytes).first(size); }
  [[nodiscard]] bool empty() const { return size == 0; }
};
Digest hash_of(crypto::HashAlg alg, std::initializer_list<ByteView> pieces);

}  // namespace pqc::mls::inline public_part
