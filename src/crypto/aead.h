// Authenticated encryption: AES-128/256-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439), 12-byte nonces and
// 16-byte tags only.
//
// An Aead is a context that is made once and keyed often; an object serves one thread at a time. The tag stands behind
// the ciphertext. Input and output may be the same memory (same start), else they must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class AeadAlg : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;
inline constexpr std::size_t max_aead_key_size = 32;

constexpr std::size_t aead_key_size(AeadAlg alg) {
  return alg == AeadAlg::aes_128_gcm ? 16 : 32;
}

class Aead {
 public:
  explicit Aead(AeadAlg alg);

  [[nodiscard]] AeadAlg alg() const { return alg_; }
  [[nodiscard]] Result<void> set_key(ByteView key);
  // Overwrites the key inside the context; the next call must be set_key.
  void clear_key();

  // Writes plaintext.size() + aead_tag_size bytes. `out` may begin where the plaintext does, else they are apart.
  [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, ByteView plaintext, ByteSpan out);
  // Writes ciphertext.size() - aead_tag_size bytes. Error::refused, and `out` all zero, unless the tag holds.
  [[nodiscard]] Result<void> open(ByteView nonce, ByteView aad, ByteView ciphertext, ByteSpan out);
  // The same with the associated data in several pieces, one after the other.
  [[nodiscard]] Result<void> seal(ByteView nonce, std::initializer_list<ByteView> aad, ByteView plaintext,
                                  ByteSpan out);
  [[nodiscard]] Result<void> open(ByteView nonce, std::initializer_list<ByteView> aad, ByteView ciphertext,
                                  ByteSpan out);

 private:
  [[nodiscard]] Result<void> start(ByteView nonce, std::initializer_list<ByteView> aad, bool encrypt);

  AeadAlg alg_;
  bool keyed_ = false;
  CipherContextHandle context_;
};

// One message under a key of its own: as above, with a context of the calling thread, its key overwritten afterwards.
[[nodiscard]] Result<void> seal(AeadAlg alg, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext,
                                ByteSpan out);
[[nodiscard]] Result<void> open(AeadAlg alg, ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext,
                                ByteSpan out);
[[nodiscard]] Result<void> seal(AeadAlg alg, ByteView key, ByteView nonce, std::initializer_list<ByteView> aad,
                                ByteView plaintext, ByteSpan out);
[[nodiscard]] Result<void> open(AeadAlg alg, ByteView key, ByteView nonce, std::initializer_list<ByteView> aad,
                                ByteView ciphertext, ByteSpan out);

}  // namespace pqc::crypto
