// HMAC-SHA-1 (RFC 2104), for formats of others that fix it: TURN's credentials. As a MAC it still holds; nothing of our
// own is made with it.
#pragma once

#include <array>

#include "base/bytes.h"
#include "crypto/error.h"

namespace pqc::crypto {

[[nodiscard]] Result<std::array<std::uint8_t, 20>> hmac_sha1(ByteView key, ByteView message);

}  // namespace pqc::crypto
