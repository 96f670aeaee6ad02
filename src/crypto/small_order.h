// Public keys of small order, for Ed25519 and Ed448: under such a key one signature holds for many messages, so nobody
// is bound by it. RFC 8032 lets them pass; we refuse them. Internal.
#pragma once

#include "base/bytes.h"
#include "crypto/signature.h"

namespace pqc::crypto {

// False for all other algorithms. `encoded` has the algorithm's length.
bool has_small_order(SignatureAlg alg, ByteView encoded);

}  // namespace pqc::crypto
