// A key of SFrame together with the cipher's context, for a stream of frames: seals and opens in memory of the caller's
// and allocates nothing. Only the suites in GCM. One thread.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "protocol/sframe/error.h"
#include "protocol/sframe/sframe.h"

namespace pqc::sframe {

// What is authenticated beside a frame.
inline constexpr std::size_t max_metadata_size = 64;

class KeyContext {
 public:
  // Error::unknown_suite for one that is not in GCM.
  static Result<KeyContext> make(const Key& key);

  [[nodiscard]] KeyId id() const { return id_; }
  [[nodiscard]] std::size_t overhead(Counter counter) const;

  // Writes plaintext.size() + overhead(counter) bytes, the size of `out`. The plaintext may stand in `out` already, at
  // its place behind the header; otherwise they must not overlap.
  [[nodiscard]] Result<void> seal(Counter counter, ByteView metadata, ByteView plaintext, ByteSpan out);
  // Opens a frame whose header says `header`, and answers the plaintext's size; `out` has room for it, and may be the
  // place of the ciphertext itself. Error::refused for another key id, a damaged frame or other metadata.
  [[nodiscard]] Result<std::size_t> open(const Header& header, ByteView frame, ByteView metadata, ByteSpan out);

 private:
  using Nonce = std::array<std::uint8_t, crypto::aead_nonce_size>;
  using Associated = std::array<std::uint8_t, max_header_size + max_metadata_size>;

  KeyContext(KeyId id, crypto::AeadAlg alg) : id_(id), aead_(alg) {}
  [[nodiscard]] Nonce nonce(Counter counter) const;

  KeyId id_;
  Secret<struct SaltTag, crypto::aead_nonce_size> salt_;
  crypto::Aead aead_;
};

}  // namespace pqc::sframe
