#include "protocol/mls_public/signature.h"

#include "crypto/ec.h"
#include "crypto/signature.h"

namespace pqc::mls::inline public_part {
namespace {

crypto::SignatureAlg edwards_or_lattice(SignatureScheme scheme) {
  if (scheme == SignatureScheme::ed25519) return crypto::SignatureAlg::ed25519;
  return scheme == SignatureScheme::ed448 ? crypto::SignatureAlg::ed448 : crypto::SignatureAlg::ml_dsa_87;
}

crypto::Result<void> verify(SignatureScheme scheme, ByteView key, ByteView message, ByteView signature) {
  switch (scheme) {
    case SignatureScheme::ecdsa_p256:
      return crypto::ecdsa_verify(crypto::Curve::p256, key, message, signature);
    case SignatureScheme::ecdsa_p384:
      return crypto::ecdsa_verify(crypto::Curve::p384, key, message, signature);
    case SignatureScheme::ecdsa_p521:
      return crypto::ecdsa_verify(crypto::Curve::p521, key, message, signature);
    case SignatureScheme::ed25519:
    case SignatureScheme::ed448:
    case SignatureScheme::ml_dsa_87:
      return crypto::SignaturePublicKey::decode(edwards_or_lattice(scheme), key).and_then([&](const auto& decoded) {
        return decoded.verify(message, signature);
      });
  }
  return std::unexpected(crypto::Error::unavailable);
}

}  // namespace

Result<void> verify_signed(SignatureScheme scheme, ByteView public_key, ByteView signed_bytes, ByteView signature) {
  return verify(scheme, public_key, signed_bytes, signature).transform_error([](crypto::Error error) {
    return error == crypto::Error::backend ? Error::backend : Error::refused;
  });
}

}  // namespace pqc::mls::inline public_part
