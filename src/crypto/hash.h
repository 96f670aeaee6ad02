// Hash functions: SHA-2 (FIPS 180-4), SHA-3 and SHAKE (FIPS 202).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class HashAlg : std::uint8_t { sha256, sha384, sha512, sha3_256, sha3_512, shake128, shake256 };

inline constexpr std::size_t max_hash_size = 64;

// The digest's length; for the SHAKEs, whose output is as long as asked for, zero.
constexpr std::size_t hash_size(HashAlg alg) {
  switch (alg) {
    case HashAlg::sha256:
    case HashAlg::sha3_256:
      return 32;
    case HashAlg::sha384:
      return 48;
    case HashAlg::sha512:
    case HashAlg::sha3_512:
      return 64;
    case HashAlg::shake128:
    case HashAlg::shake256:
      return 0;
  }
  return 0;
}

using Sha256Digest = std::array<std::uint8_t, 32>;
using Sha512Digest = std::array<std::uint8_t, 64>;

// A hash computed piece by piece. One thread at a time.
class Hash {
 public:
  explicit Hash(HashAlg alg);

  // Starts again from nothing.
  void reset();
  Hash& update(ByteView data);
  // Writes hash_size(alg) bytes, or as many as `out` has for a SHAKE. Afterwards, on an error too, the object is as
  // new.
  [[nodiscard]] Result<void> finish(ByteSpan out);

 private:
  HashAlg alg_;
  bool failed_ = false;
  DigestContextHandle context_;
};

// The hash of several pieces after another. The SHAKEs fill any `out`.
[[nodiscard]] Result<void> hash(HashAlg alg, std::initializer_list<ByteView> pieces, ByteSpan out);
[[nodiscard]] Result<void> hash(HashAlg alg, ByteView data, ByteSpan out);

// SHA-256 and SHA-512 cannot fail.
[[nodiscard]] Sha256Digest sha256(ByteView data);
[[nodiscard]] Sha256Digest sha256(std::initializer_list<ByteView> pieces);
[[nodiscard]] Sha512Digest sha512(ByteView data);
[[nodiscard]] Sha512Digest sha512(std::initializer_list<ByteView> pieces);

}  // namespace pqc::crypto
