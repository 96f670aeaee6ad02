#include "protocol/mls_public/signature.h"

#include <algorithm>
#include <iterator>

#include "crypto/ec.h"
#include "crypto/signature.h"
#include "protocol/mls_public/codec.h"

namespace pqc::mls::inline public_part {
namespace {

constexpr std::string_view prefix = "MLS 1.0 ";

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

Bytes labelled(std::string_view label) {
  Bytes out;
  out.reserve(prefix.size() + label.size());
  std::ranges::copy(as_bytes(prefix), std::back_inserter(out));
  std::ranges::copy(as_bytes(label), std::back_inserter(out));
  return out;
}

Bytes sign_content(std::string_view label, ByteView content) {
  const auto prefixed = labelled(label);
  Sizer sizer;
  sizer.opaque(prefixed);
  sizer.opaque(content);
  Bytes out;
  out.reserve(sizer.size());
  Encoder encoder(out);
  encoder.opaque(prefixed);
  encoder.opaque(content);
  return out;
}

Result<void> verify_with_label(SignatureScheme scheme, ByteView public_key, std::string_view label, ByteView content,
                               ByteView signature) {
  return verify(scheme, public_key, sign_content(label, content), signature).transform_error([](crypto::Error error) {
    return error == crypto::Error::backend ? Error::backend : Error::refused;
  });
}

}  // namespace pqc::mls::inline public_part
