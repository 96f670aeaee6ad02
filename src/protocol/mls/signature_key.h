// A member's private signature key (RFC 9420 §5.1.2).
#pragma once

#include <string_view>
#include <variant>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/ec.h"
#include "crypto/signature.h"
#include "protocol/mls_public/signature.h"

namespace pqc::mls {

class SignatureKey {
 public:
  static Result<SignatureKey> generate(SignatureScheme scheme, Rng& rng);
  // The forms of the test vectors: seeds of EdDSA and ML-DSA, scalars of ECDSA.
  static Result<SignatureKey> decode(SignatureScheme scheme, ByteView private_key);

  [[nodiscard]] SignatureScheme scheme() const { return scheme_; }
  [[nodiscard]] ByteView public_key() const;
  [[nodiscard]] ByteView private_key() const;
  template <Describes T>
  [[nodiscard]] Result<Bytes> sign_with_label(std::string_view label, const T& content, Rng& rng) const {
    return sign(signed_bytes(label, content), rng);
  }
  [[nodiscard]] Result<Bytes> sign_with_label(std::string_view label, ByteView content, Rng& rng) const {
    return sign_with_label(label, raw_bytes(content), rng);
  }

 private:
  using Key = std::variant<crypto::SignaturePrivateKey, crypto::EcPrivateKey>;
  [[nodiscard]] Result<Bytes> sign(ByteView signed_bytes, Rng& rng) const;
  SignatureKey(SignatureScheme scheme, Key key) : scheme_(scheme), key_(std::move(key)) {}

  SignatureScheme scheme_;
  Key key_;
};

}  // namespace pqc::mls
