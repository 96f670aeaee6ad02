// The signature schemes of the cipher suites, and VerifyWithLabel (RFC 9420 §5.1.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "protocol/mls_public/error.h"

namespace pqc::mls::inline public_part {

enum class SignatureScheme : std::uint8_t { ed25519, ed448, ecdsa_p256, ecdsa_p384, ecdsa_p521, ml_dsa_87 };

// "MLS 1.0 " ‖ label, as every label of MLS goes into signatures, encryption and key derivation.
Bytes labelled(std::string_view label);
// The bytes that are signed: SignContent with that label.
Bytes sign_content(std::string_view label, ByteView content);

// Error::refused for a signature that does not hold, and for bytes that are no key of the scheme.
Result<void> verify_with_label(SignatureScheme scheme, ByteView public_key, std::string_view label, ByteView content,
                               ByteView signature);

}  // namespace pqc::mls::inline public_part
