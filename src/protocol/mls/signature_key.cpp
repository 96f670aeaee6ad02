#include "protocol/mls/signature_key.h"

#include <optional>

namespace pqc::mls {
namespace {

std::optional<crypto::Curve> curve_of(SignatureScheme scheme) {
  if (scheme == SignatureScheme::ecdsa_p256) return crypto::Curve::p256;
  if (scheme == SignatureScheme::ecdsa_p384) return crypto::Curve::p384;
  if (scheme == SignatureScheme::ecdsa_p521) return crypto::Curve::p521;
  return std::nullopt;
}

crypto::SignatureAlg alg_of(SignatureScheme scheme) {
  if (scheme == SignatureScheme::ed25519) return crypto::SignatureAlg::ed25519;
  return scheme == SignatureScheme::ed448 ? crypto::SignatureAlg::ed448 : crypto::SignatureAlg::ml_dsa_87;
}

Error mapped(crypto::Error error) {
  return error == crypto::Error::backend ? Error::backend : Error::malformed;
}

}  // namespace

Result<SignatureKey> SignatureKey::generate(SignatureScheme scheme, Rng& rng) {
  const auto wrap = [&](auto key) { return SignatureKey(scheme, std::move(key)); };
  if (const auto curve = curve_of(scheme)) {
    return crypto::EcPrivateKey::generate(*curve, rng).transform(wrap).transform_error(mapped);
  }
  return crypto::SignaturePrivateKey::generate(alg_of(scheme), rng).transform(wrap).transform_error(mapped);
}

Result<SignatureKey> SignatureKey::decode(SignatureScheme scheme, ByteView private_key) {
  const auto wrap = [&](auto key) { return SignatureKey(scheme, std::move(key)); };
  if (const auto curve = curve_of(scheme)) {
    return crypto::EcPrivateKey::from_bytes(*curve, private_key).transform(wrap).transform_error(mapped);
  }
  return crypto::SignaturePrivateKey::decode(alg_of(scheme), private_key).transform(wrap).transform_error(mapped);
}

ByteView SignatureKey::public_key() const {
  return std::visit([](const auto& key) { return ByteView(key.public_key()); }, key_);
}

ByteView SignatureKey::private_key() const {
  return std::visit([](const auto& key) { return key.encoded().view(); }, key_);
}

Result<Bytes> SignatureKey::sign(ByteView signed_bytes, Rng& rng) const {
  if (const auto* curve = std::get_if<crypto::EcPrivateKey>(&key_)) {
    return curve->sign(signed_bytes).transform_error(mapped);
  }
  return std::get<crypto::SignaturePrivateKey>(key_).sign(signed_bytes, rng).transform_error(mapped);
}

}  // namespace pqc::mls
