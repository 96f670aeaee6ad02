// AES in counter mode (NIST SP 800-38A §6.5), for constructions that bring their own authentication. On its own it
// protects nothing against change.
#pragma once

#include "base/bytes.h"
#include "crypto/error.h"

namespace pqc::crypto {

inline constexpr std::size_t aes_block_size = 16;

// XORs the key stream of a 16- or 32-byte key, starting with the counter block `initial`, into `in`. Input and output
// have one length and may be the same memory.
[[nodiscard]] Result<void> aes_ctr(ByteView key, ByteView initial, ByteView in, ByteSpan out);

}  // namespace pqc::crypto
