// The library that computes Falcon: exactly one of falcon_pqclean.cpp, falcon_liboqs.cpp and falcon_none.cpp is built.
// Lengths have been checked by falcon.cpp. Randomness is drawn from `rng` only. Internal.
#pragma once

#include "base/bytes.h"
#include "base/rng.h"
#include "crypto/error.h"

namespace pqc::crypto::falcon::backend {

bool available();
Result<void> generate(ByteSpan public_key, ByteSpan private_key, Rng& rng);
// Writes at most max_signature_size bytes and answers how many.
Result<std::size_t> sign(ByteView private_key, ByteView message, Rng& rng, ByteSpan out);
Result<void> verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace pqc::crypto::falcon::backend
