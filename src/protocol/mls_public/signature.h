// The signature schemes of the cipher suites, and VerifyWithLabel (RFC 9420 §5.1.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "protocol/mls_public/codec.h"
#include "protocol/mls_public/error.h"

namespace pqc::mls::inline public_part {

enum class SignatureScheme : std::uint8_t { ed25519, ed448, ecdsa_p256, ecdsa_p384, ecdsa_p521, ml_dsa_87 };

// Stands before every label of MLS in signatures, encryption and key derivation.
inline constexpr std::string_view label_prefix = "MLS 1.0 ";
void put_label(auto& coder, std::string_view label) {
  coder.opaque_of([&](auto& inner) {
    inner.raw(as_bytes(label_prefix));
    inner.raw(as_bytes(label));
  });
}

// Whatever encodes itself: `describe(coder)`.
template <class T>
concept Describes = requires(const T& describe, Sizer& coder) { describe(coder); };

// The bytes that are signed: SignContent with that label.
template <Describes T>
Bytes signed_bytes(std::string_view label, const T& content) {
  return encode_described([&](auto& coder) {
    put_label(coder, label);
    coder.opaque_of(content);
  });
}
inline auto raw_bytes(ByteView content) {
  return [content](auto& coder) { coder.raw(content); };
}

// Error::refused for a signature that does not hold, and for bytes that are no key of the scheme.
Result<void> verify_signed(SignatureScheme scheme, ByteView public_key, ByteView signed_bytes, ByteView signature);
template <Describes T>
Result<void> verify_with_label(SignatureScheme scheme, ByteView public_key, std::string_view label, const T& content,
                               ByteView signature) {
  return verify_signed(scheme, public_key, signed_bytes(label, content), signature);
}
inline Result<void> verify_with_label(SignatureScheme scheme, ByteView public_key, std::string_view label,
                                      ByteView content, ByteView signature) {
  return verify_with_label(scheme, public_key, label, raw_bytes(content), signature);
}

}  // namespace pqc::mls::inline public_part
