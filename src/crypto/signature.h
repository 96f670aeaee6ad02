// Signatures: Ed25519 and Ed448 (RFC 8032), ML-DSA-65 and ML-DSA-87 (FIPS 204, pure, empty context), Falcon-1024
// (round 3 of NIST's process, padded format).
//
// Our protocols sign with composite keys (crypto/composite.h); this is one half. A key object holds its key ready for
// use. Signing and verifying with one object is for one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class SignatureAlg : std::uint8_t { ed25519, ed448, ml_dsa_65, ml_dsa_87, falcon_1024 };

struct SignatureSizes {
  std::size_t private_key;  // Ed25519, ML-DSA: a 32-byte seed; Ed448: 57 bytes; Falcon: the encoded f, g, F
  std::size_t public_key;
  std::size_t signature;
};

// RFC 8032 §5.1, §5.2; FIPS 204 §4, table 2; Falcon round 3 §3.11.
constexpr SignatureSizes signature_sizes(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::ed25519:
      return {32, 32, 64};
    case SignatureAlg::ed448:
      return {57, 57, 114};
    case SignatureAlg::ml_dsa_65:
      return {32, 1952, 3309};
    case SignatureAlg::ml_dsa_87:
      return {32, 2592, 4627};
    case SignatureAlg::falcon_1024:
      return {2305, 1793, 1280};
  }
  return {};
}

// Whether this build can sign and verify with it.
bool available(SignatureAlg alg);

class SignaturePublicKey {
 public:
  // Error::low_order for an Ed25519 or Ed448 key under which a signature holds for many messages.
  static Result<SignaturePublicKey> decode(SignatureAlg alg, ByteView encoded);

  [[nodiscard]] SignatureAlg alg() const { return alg_; }
  [[nodiscard]] ByteView encoded() const { return encoded_; }
  // Error::refused for any signature that does not hold, of whatever length.
  [[nodiscard]] Result<void> verify(ByteView message, ByteView signature) const;

 private:
  SignaturePublicKey(SignatureAlg alg, ByteView encoded) : alg_(alg), encoded_(to_bytes(encoded)) {}

  SignatureAlg alg_;
  PkeyHandle key_;  // none for Falcon
  Bytes encoded_;
};

class SignaturePrivateKey {
 public:
  static Result<SignaturePrivateKey> generate(SignatureAlg alg, Rng& rng);
  static Result<SignaturePrivateKey> decode(SignatureAlg alg, ByteView encoded);

  [[nodiscard]] SignatureAlg alg() const { return alg_; }
  // The private key, signature_sizes(alg()).private_key bytes, to be kept in a sealed state.
  [[nodiscard]] const SecretBytes& encoded() const { return encoded_; }
  // The encoded public key, valid as long as this object.
  [[nodiscard]] ByteView public_key() const { return public_key_; }

  // Writes signature_sizes(alg()).signature bytes. ML-DSA is hedged with `rng` (FIPS 204 §3.4) and Falcon takes its
  // nonce and sampler seed from it; Ed25519 and Ed448 are deterministic and draw nothing.
  [[nodiscard]] Result<void> sign(ByteView message, Rng& rng, ByteSpan out) const;
  [[nodiscard]] Result<Bytes> sign(ByteView message, Rng& rng) const;

 private:
  SignaturePrivateKey(SignatureAlg alg, SecretBytes encoded) : alg_(alg), encoded_(std::move(encoded)) {}

  SignatureAlg alg_;
  PkeyHandle key_;  // none for Falcon
  SecretBytes encoded_;
  Bytes public_key_;
};

}  // namespace pqc::crypto
