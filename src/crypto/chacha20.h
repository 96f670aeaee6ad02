// ChaCha20 as a stream cipher (RFC 8439 §2.4), for constructions that bring their own authentication. On its own it
// protects nothing against change.
//
// A context that is keyed once and used often, without allocation; an object serves one thread at a time.
#pragma once

#include "base/bytes.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

inline constexpr std::size_t chacha20_key_size = 32;
inline constexpr std::size_t chacha20_nonce_size = 12;

class ChaCha20 {
 public:
  static Result<ChaCha20> make(ByteView key);

  // XORs the key stream of this nonce, from block 0 on, into `in`. Input and output have one length and may be the same
  // memory. A nonce must not be used for two texts.
  [[nodiscard]] Result<void> apply(ByteView nonce, ByteView in, ByteSpan out);

 private:
  explicit ChaCha20(CipherContextHandle context) : context_(std::move(context)) {}
  CipherContextHandle context_;
};

}  // namespace pqc::crypto
