// Key encapsulation: ML-KEM-512, -768 and -1024 (FIPS 203).
//
// Private keys travel as their 64-byte seed d ‖ z (FIPS 203 §7.1, Algorithm 16) only. Decoding a public key makes the
// modulus check of §7.2; a ciphertext that was tampered with decapsulates to a pseudo-random secret (implicit
// rejection, §7.3), so whoever uses the secret must authenticate. A key object serves one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class KemAlg : std::uint8_t { ml_kem_512, ml_kem_768, ml_kem_1024 };

inline constexpr std::size_t kem_seed_size = 64;
inline constexpr std::size_t kem_randomness_size = 32;
inline constexpr std::size_t kem_secret_size = 32;

// FIPS 203 §8, table 3.
struct KemSizes {
  std::size_t public_key;
  std::size_t ciphertext;
};

inline constexpr KemSizes ml_kem_512_sizes{800, 768};
inline constexpr KemSizes ml_kem_768_sizes{1184, 1088};
inline constexpr KemSizes ml_kem_1024_sizes{1568, 1568};
inline constexpr KemSizes max_kem_sizes = ml_kem_1024_sizes;

constexpr KemSizes kem_sizes(KemAlg alg) {
  switch (alg) {
    case KemAlg::ml_kem_512:
      return ml_kem_512_sizes;
    case KemAlg::ml_kem_768:
      return ml_kem_768_sizes;
    case KemAlg::ml_kem_1024:
      return ml_kem_1024_sizes;
  }
  return {};
}

using KemSeed = Secret<struct KemSeedTag, kem_seed_size>;
using KemSecret = Secret<struct KemSecretTag, kem_secret_size>;

// FIPS 203 §7.2, the type and modulus checks, and nothing else: for keys that are kept and perhaps never used. Decoding
// makes them too, and costs ten times as much.
[[nodiscard]] Result<void> check_kem_key(KemAlg alg, ByteView encoded);

class KemPrivateKey {
 public:
  static Result<KemPrivateKey> generate(KemAlg alg, Rng& rng);
  static Result<KemPrivateKey> from_seed(KemAlg alg, std::span<const std::uint8_t, kem_seed_size> seed);

  [[nodiscard]] KemAlg alg() const { return alg_; }
  // Writes the encapsulation key, kem_sizes(alg()).public_key bytes.
  [[nodiscard]] Result<void> encode_public(ByteSpan out) const;
  // Writes the secret of a ciphertext of kem_sizes(alg()).ciphertext bytes; any other length is an error.
  [[nodiscard]] Result<void> decapsulate(ByteView ciphertext, std::span<std::uint8_t, kem_secret_size> secret) const;
  // The seed, to be kept in a sealed state.
  [[nodiscard]] Result<void> export_seed(std::span<std::uint8_t, kem_seed_size> out) const;

 private:
  KemPrivateKey(KemAlg alg, PkeyHandle key) : alg_(alg), key_(std::move(key)) {}

  KemAlg alg_;
  PkeyHandle key_;
};

class KemPublicKey {
 public:
  static Result<KemPublicKey> decode(KemAlg alg, ByteView encoded);

  [[nodiscard]] KemAlg alg() const { return alg_; }
  // Writes ciphertext and secret. `randomness` is m of FIPS 203 Algorithm 17: fresh, secret, never used twice.
  [[nodiscard]] Result<void> encapsulate(std::span<const std::uint8_t, kem_randomness_size> randomness,
                                         ByteSpan ciphertext, std::span<std::uint8_t, kem_secret_size> secret) const;

 private:
  KemPublicKey(KemAlg alg, PkeyHandle key) : alg_(alg), key_(std::move(key)) {}

  KemAlg alg_;
  PkeyHandle key_;
};

}  // namespace pqc::crypto
