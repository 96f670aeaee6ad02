// Diffie-Hellman: X25519 and X448 (RFC 7748).
//
// An all-zero result, which only a low-order peer key gives, is refused (RFC 7748 §6.1, §6.2). Non-canonical peer keys
// are reduced as the RFC says. A key object serves one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class DhAlg : std::uint8_t { x25519, x448 };

inline constexpr std::size_t x25519_size = 32;
inline constexpr std::size_t x448_size = 56;
inline constexpr std::size_t max_dh_size = x448_size;

// The length of private keys, public keys and shared secrets alike.
constexpr std::size_t dh_key_size(DhAlg alg) {
  return alg == DhAlg::x25519 ? x25519_size : x448_size;
}

class DhPrivateKey {
 public:
  static Result<DhPrivateKey> generate(DhAlg alg, Rng& rng);
  // The public key is computed: one multiplication by the base point.
  static Result<DhPrivateKey> from_bytes(DhAlg alg, ByteView private_key);
  // For a pair that this class made earlier and our own store kept: the public key is taken as it is.
  static Result<DhPrivateKey> from_pair(DhAlg alg, ByteView private_key, ByteView public_key);

  [[nodiscard]] DhAlg alg() const { return alg_; }
  // dh_key_size(alg()) bytes, valid as long as this object.
  [[nodiscard]] ByteView public_key() const { return ByteView(public_key_).first(dh_key_size(alg_)); }
  // Writes the shared secret, dh_key_size(alg()) bytes. On an error `shared` is all zero.
  [[nodiscard]] Result<void> agree(ByteView peer_public, ByteSpan shared) const;

  // The private key, to be kept in a sealed state.
  [[nodiscard]] Result<void> export_private(ByteSpan out) const;
  [[nodiscard]] Result<SecretBytes> export_private() const;

 private:
  DhPrivateKey(DhAlg alg, PkeyHandle key) : alg_(alg), key_(std::move(key)) {}

  DhAlg alg_;
  PkeyHandle key_;
  std::array<std::uint8_t, max_dh_size> public_key_{};
};

}  // namespace pqc::crypto
