#include "protocol/hpke/dh_group.h"

#include <array>

namespace pqc::hpke {
namespace {

const std::array<DhGroup, 5> groups{{
    {crypto::Curve::p256, Kdf::hkdf_sha256, 32, 0xFF},
    {crypto::Curve::p384, Kdf::hkdf_sha384, 48, 0xFF},
    {crypto::Curve::p521, Kdf::hkdf_sha512, 66, 0x01},
    {crypto::DhAlg::x25519, Kdf::hkdf_sha256, 32, 0xFF},
    {crypto::DhAlg::x448, Kdf::hkdf_sha512, 56, 0xFF},
}};

Error mapped(crypto::Error error) {
  return error == crypto::Error::backend ? Error::backend : Error::bad_key;
}

crypto::Result<crypto::DhPrivateKey> private_key(crypto::DhAlg alg, const KeyPair& pair) {
  return crypto::DhPrivateKey::from_pair(alg, pair.private_key.view(), pair.public_key);
}
crypto::Result<crypto::EcPrivateKey> private_key(crypto::Curve curve, const KeyPair& pair) {
  return crypto::EcPrivateKey::from_pair(curve, pair.private_key.view(), pair.public_key);
}
crypto::Result<crypto::DhPrivateKey> private_key(crypto::DhAlg alg, ByteView bytes) {
  return crypto::DhPrivateKey::from_bytes(alg, bytes);
}
crypto::Result<crypto::EcPrivateKey> private_key(crypto::Curve curve, ByteView bytes) {
  return crypto::EcPrivateKey::from_bytes(curve, bytes);
}

}  // namespace

const DhGroup* dh_group(Kem kem) {
  return kem <= Kem::dhkem_x448 ? &groups[static_cast<std::size_t>(kem)] : nullptr;
}

Result<KeyPair> dh_pair(const DhGroup& group, ByteView bytes) {
  return std::visit(
      [&](auto alg) -> Result<KeyPair> {
        return private_key(alg, bytes)
            .transform([&](const auto& key) { return KeyPair{SecretBytes(bytes), to_bytes(key.public_key())}; })
            .transform_error(mapped);
      },
      group.alg);
}

Result<void> dh_agree(const DhGroup& group, const KeyPair& pair, ByteView peer_public, SecretBytes& out) {
  return std::visit(
      [&](auto alg) -> Result<void> {
        SecretBytes shared(group.secret);
        return private_key(alg, pair)
            .and_then([&](const auto& key) { return key.agree(peer_public, shared.fill()); })
            .transform([&] { out.append(shared.view()); })
            .transform_error(mapped);
      },
      group.alg);
}

}  // namespace pqc::hpke
