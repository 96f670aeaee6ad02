// HMAC (RFC 2104) and HKDF (RFC 5869) over SHA-256, SHA-384 and SHA-512.
//
// No function here allocates memory or looks anything up. Other hash algorithms are refused with Error::unavailable.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "base/bytes.h"
#include "crypto/error.h"
#include "crypto/hash.h"

namespace pqc::crypto {

// RFC 5869 §2.3: at most 255 blocks.
constexpr std::size_t max_hkdf_output(HashAlg alg) {
  return 255 * hash_size(alg);
}

// Writes hash_size(alg) bytes. The key may have any length. For several pieces the message is one after the other.
[[nodiscard]] Result<void> hmac(HashAlg alg, ByteView key, ByteView message, ByteSpan out);
[[nodiscard]] Result<void> hmac(HashAlg alg, ByteView key, std::initializer_list<ByteView> pieces, ByteSpan out);

// Writes the pseudo-random key, hash_size(alg) bytes. An empty salt stands for zeros (RFC 5869 §2.2).
[[nodiscard]] Result<void> hkdf_extract(HashAlg alg, ByteView salt, ByteView ikm, ByteSpan prk);
[[nodiscard]] Result<void> hkdf_extract(HashAlg alg, ByteView salt, std::initializer_list<ByteView> ikm, ByteSpan prk);
// Fills `out`, at most max_hkdf_output(alg) bytes; more is Error::limit. `out` must not overlap `prk` or `info`.
[[nodiscard]] Result<void> hkdf_expand(HashAlg alg, ByteView prk, ByteView info, ByteSpan out);
[[nodiscard]] Result<void> hkdf_expand(HashAlg alg, ByteView prk, std::initializer_list<ByteView> info, ByteSpan out);
// Both steps.
[[nodiscard]] Result<void> hkdf(HashAlg alg, ByteView salt, ByteView ikm, ByteView info, ByteSpan out);

}  // namespace pqc::crypto
