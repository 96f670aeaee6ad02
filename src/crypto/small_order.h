// Public keys of small order. Under such a key of Ed25519 or Ed448 one signature holds for many messages, so nobody is
// bound by it; with such a key of X25519 or X448 every agreement is zero, so nobody can encrypt to it. The RFCs let
// them pass; we refuse them. Pure functions; any thread.
#pragma once

#include "base/bytes.h"
#include "crypto/dh.h"
#include "crypto/signature.h"

namespace pqc::crypto {

// False for all other algorithms. `encoded` has the algorithm's length.
bool has_small_order(SignatureAlg alg, ByteView encoded);
// The same for a key of Diffie-Hellman, of which every string of the algorithm's length is one.
bool has_small_order(DhAlg alg, ByteView encoded);

}  // namespace pqc::crypto
