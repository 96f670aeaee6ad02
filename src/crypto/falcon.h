// Falcon-1024, round 3 of NIST's process. Internal to this folder, but for pqc-chat-vectors: everybody else uses
// SignatureAlg::falcon_1024 of crypto/signature.h.
//
// The library (PQClean or liboqs) makes signatures of varying length; the wire has the padded format of fixed length:
// header, nonce, compressed signature, zeros. The compressed form ends with a one bit, so the zeros come off again
// without ambiguity, and a signature has one encoding.
#pragma once

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"

namespace pqc::crypto::falcon {

inline constexpr std::size_t private_key_size = 2305;
inline constexpr std::size_t public_key_size = 1793;
inline constexpr std::size_t padded_signature_size = 1280;
inline constexpr std::size_t max_signature_size = 1462;
inline constexpr std::size_t nonce_size = 40;

struct KeyPair {
  SecretBytes private_key;
  Bytes public_key;
};

// Whether this build has Falcon; without it the functions answer Error::unavailable.
bool available();

Result<KeyPair> generate(Rng& rng);
// h = g / f mod (q, X^1024 + 1). Error::bad_key where the bytes are no private key.
Result<Bytes> derive_public_key(ByteView private_key);
// A signature of varying length: 0x3A, nonce, compressed signature.
Result<Bytes> sign(ByteView private_key, ByteView message, Rng& rng);
// The same in padded_signature_size bytes; a longer one, which is rare, is thrown away and made again.
Result<void> sign_padded(ByteView private_key, ByteView message, Rng& rng, ByteSpan out);
// Takes a padded signature only.
Result<void> verify_padded(ByteView public_key, ByteView message, ByteView signature);
// Takes a signature of varying length only.
Result<void> verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace pqc::crypto::falcon
