// SFrame (RFC 9605): end-to-end encryption of media frames.
//
// A Key seals or opens the frames of one sender and one key id; a counter must never be sealed twice under it, and
// whoever opens keeps the replay window. Pure: no clock, no randomness, no thread. A const Key may be used by several
// threads at once. Who seals many frames takes a KeyContext (protocol/sframe/key_context.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/secret.h"
#include "protocol/sframe/error.h"
#include "protocol/sframe/header.h"

namespace pqc::sframe {

// The registry "SFrame Cipher Suites" (RFC 9605 §8.1), and the AES-256 forms of the counter-mode suites.
enum class Suite : std::uint16_t {
  aes_128_ctr_hmac_sha256_80 = 1,
  aes_128_ctr_hmac_sha256_64 = 2,
  aes_128_ctr_hmac_sha256_32 = 3,
  aes_128_gcm_sha256 = 4,
  aes_256_gcm_sha512 = 5,
  aes_256_ctr_hmac_sha512_80 = 6,
  aes_256_ctr_hmac_sha512_64 = 7,
  aes_256_ctr_hmac_sha512_32 = 8,
};

// Nt.
std::size_t tag_size(Suite suite);

// The cipher of a suite by itself (RFC 9605 §4.5): `key` has Nk bytes, `nonce` 12.
Result<Bytes> cipher_seal(Suite suite, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);
Result<Bytes> cipher_open(Suite suite, ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext);

class Key {
 public:
  // RFC 9605 §4.4.2.
  static Result<Key> derive(Suite suite, KeyId id, ByteView base_key);

  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] KeyId id() const { return id_; }
  // How much longer a sealed frame is than its plaintext.
  [[nodiscard]] std::size_t overhead(Counter counter) const;
  // Header ‖ ciphertext; `metadata` is authenticated and not sent (RFC 9605 §4.4.3).
  [[nodiscard]] Result<Bytes> seal(Counter counter, ByteView metadata, ByteView plaintext) const;
  // The plaintext of a whole frame. Error::refused for another key id, a damaged frame or other metadata.
  [[nodiscard]] Result<Bytes> open(ByteView frame, ByteView metadata) const;

  // For test vectors and KeyContext.
  [[nodiscard]] ByteView key() const { return key_.view(); }
  [[nodiscard]] ByteView salt() const { return salt_.view(); }

 private:
  Key(Suite suite, KeyId id) : suite_(suite), id_(id) {}
  [[nodiscard]] Bytes nonce(Counter counter) const;

  Suite suite_;
  KeyId id_;
  SecretBytes key_;
  SecretBytes salt_;
};

}  // namespace pqc::sframe
