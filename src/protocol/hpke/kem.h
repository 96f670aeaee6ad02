// The KEMs of HPKE: DHKEM over X25519, X448 and the NIST curves (RFC 9180 §4.1), ML-KEM (draft-ietf-hpke-pq-03 §3) and
// X-Wing (draft-connolly-cfrg-xwing-kem-09), composed of the primitives of src/crypto.
//
// Private keys are what SerializePrivateKey gives: scalars, the 64-byte seed of ML-KEM, the 32-byte seed of X-Wing.
// Pure functions; randomness comes in as an argument.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "protocol/hpke/error.h"

namespace pqc::hpke {

enum class Kem : std::uint8_t {
  dhkem_p256,
  dhkem_p384,
  dhkem_p521,
  dhkem_x25519,
  dhkem_x448,
  ml_kem_512,
  ml_kem_768,
  ml_kem_1024,
  // X-Wing twice. They differ in DeriveKeyPair alone: SHAKE256(ikm) as X-Wing's draft has it, or with HPKE's label as
  // draft-ietf-hpke-pq has it for the same KEM under the name MLKEM768-X25519. Both have the number 0x647A.
  x_wing,
  ml_kem_768_x25519,
};

struct KemParameters {
  std::uint16_t id;         // registry "HPKE KEM Identifiers"
  std::size_t private_key;  // Nsk
  std::size_t public_key;   // Npk
  std::size_t output;       // Nenc
  std::size_t secret;       // Nsecret
};
const KemParameters& parameters(Kem kem);

struct KeyPair {
  SecretBytes private_key;
  Bytes public_key;
};

struct Encapsulated {
  Bytes output;  // enc
  SecretBytes secret;
};

Result<KeyPair> generate_key_pair(Kem kem, Rng& rng);
// RFC 9180 §7.1.3 and its counterparts; the same input gives the same pair.
Result<KeyPair> derive_key_pair(Kem kem, ByteView ikm);
// The pair of a private key that came as bytes.
Result<KeyPair> key_pair_of(Kem kem, ByteView private_key);
// Whether the bytes have the form of a public key: length, and for the NIST curves a point of the curve, for ML-KEM the
// modulus check (FIPS 203 §7.2), for X25519 and X448, also as half of a hybrid, no point of small order: with one every
// encapsulation fails.
Result<void> check_public_key(Kem kem, ByteView public_key);

Result<Encapsulated> encapsulate(Kem kem, ByteView public_key, Rng& rng);
// A damaged output gives another secret or an error. `pair` must be one that belongs together.
Result<SecretBytes> decapsulate(Kem kem, const KeyPair& pair, ByteView output);

// RFC 9180 §4.1, AuthEncap and AuthDecap: DHKEM only, Error::unavailable else.
Result<Encapsulated> encapsulate_authenticated(Kem kem, ByteView public_key, const KeyPair& sender, Rng& rng);
Result<SecretBytes> decapsulate_authenticated(Kem kem, const KeyPair& pair, ByteView output, ByteView sender_public);

}  // namespace pqc::hpke
