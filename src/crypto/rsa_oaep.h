// RSA-OAEP with 3072-bit keys, SHA-256 and MGF1-SHA-256 (RFC 8017 §7.1), for the peer-to-peer encryptor `rsa`.
//
// Decryption answers Error::refused for every bad ciphertext alike. One thread at a time.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

inline constexpr std::size_t rsa_modulus_bits = 3072;
inline constexpr std::size_t rsa_ciphertext_size = rsa_modulus_bits / 8;
// Two SHA-256 values and two bytes less.
inline constexpr std::size_t rsa_oaep_max_plaintext = rsa_ciphertext_size - 66;
inline constexpr std::size_t max_rsa_encoding = 4096;

class RsaPublicKey {
 public:
  // A DER SubjectPublicKeyInfo (RFC 8017 A.1.1) with a 3072-bit modulus and exponent 65537; nothing behind it.
  static Result<RsaPublicKey> decode(ByteView spki);
  [[nodiscard]] Result<Bytes> encode() const;
  // Gives rsa_ciphertext_size bytes. The padding's randomness is OpenSSL's own.
  [[nodiscard]] Result<Bytes> encrypt(ByteView label, ByteView plaintext) const;

 private:
  friend class RsaPrivateKey;
  explicit RsaPublicKey(PkeyHandle key) : key_(std::move(key)) {}
  PkeyHandle key_;
};

class RsaPrivateKey {
 public:
  // Takes a second or so; the primes come from OpenSSL's own randomness.
  static Result<RsaPrivateKey> generate();
  // A DER PrivateKeyInfo (PKCS #8).
  static Result<RsaPrivateKey> decode(ByteView pkcs8);
  [[nodiscard]] Result<SecretBytes> encode() const;
  [[nodiscard]] Result<RsaPublicKey> public_key() const;
  [[nodiscard]] Result<SecretBytes> decrypt(ByteView label, ByteView ciphertext) const;

 private:
  explicit RsaPrivateKey(PkeyHandle key) : key_(std::move(key)) {}
  PkeyHandle key_;
};

}  // namespace pqc::crypto
