#include "keys/suite_keys.h"

#include "identity/limits.h"

namespace pqc::keys {

SuiteKeys::SuiteKeys(crypto::CompositePrivateKey identity, crypto::CompositePrivateKey device, crypto::DhPrivateKey dh,
                     SecretBytes dh_private)
    : identity_(std::move(identity)),
      device_(std::move(device)),
      dh_(std::move(dh)),
      dh_private_(std::move(dh_private)) {
  const auto id = identity_.suite().id;
  public_identity_ = {id, identity_.public_key()};
  public_device_ = {id, device_.public_key(), to_bytes(dh_.public_key())};
}

Result<SuiteKeys> SuiteKeys::generate(const crypto::Suite& suite, Rng& rng) {
  auto identity = crypto::CompositePrivateKey::generate(suite, rng);
  auto device = crypto::CompositePrivateKey::generate(suite, rng);
  auto dh = crypto::DhPrivateKey::generate(suite.dh, rng);
  if (!identity || !device || !dh) return std::unexpected(Error::backend);
  auto dh_private = dh->export_private();
  if (!dh_private) return std::unexpected(Error::backend);
  return SuiteKeys(*std::move(identity), *std::move(device), *std::move(dh), *std::move(dh_private));
}

Result<SuiteKeys> SuiteKeys::decode(identity::FieldReader& reader) {
  const auto* suite = crypto::find_suite(reader.suite());
  const auto identity_bytes = reader.opaque16(identity::max_signature_size);
  const auto device_bytes = reader.opaque16(identity::max_signature_size);
  const auto dh_bytes = reader.opaque16(identity::max_public_key_size);
  if (!reader.ok()) return std::unexpected(Error::damaged_state);
  if (suite == nullptr) return std::unexpected(Error::unsupported);
  auto identity = crypto::CompositePrivateKey::decode(*suite, identity_bytes);
  auto device = crypto::CompositePrivateKey::decode(*suite, device_bytes);
  auto dh = crypto::DhPrivateKey::from_bytes(suite->dh, dh_bytes);
  if (!identity || !device || !dh) return std::unexpected(Error::damaged_state);
  return SuiteKeys(*std::move(identity), *std::move(device), *std::move(dh), SecretBytes(dh_bytes));
}

void SuiteKeys::encode(SecretWriter& writer) const {
  writer.u16(crypto::number(suite().id));
  writer.opaque16(identity_.encode().view());
  writer.opaque16(device_.encode().view());
  writer.opaque16(dh_private_.view());
}

}  // namespace pqc::keys
