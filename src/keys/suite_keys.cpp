#include "keys/suite_keys.h"

#include "identity/limits.h"

namespace pqc::keys {

SuiteKeys::SuiteKeys(std::optional<crypto::CompositePrivateKey> identity, crypto::CompositePrivateKey device,
                     crypto::DhPrivateKey dh, SecretBytes dh_private)
    : identity_(std::move(identity)),
      device_(std::move(device)),
      dh_(std::move(dh)),
      dh_private_(std::move(dh_private)) {
  const auto id = device_.suite().id;
  if (identity_) public_identity_ = identity::IdentityKey{id, identity_->public_key()};
  public_device_ = {id, device_.public_key(), to_bytes(dh_.public_key())};
}

Result<SuiteKeys> SuiteKeys::generate(const crypto::Suite& suite, bool primary, Rng& rng) {
  std::optional<crypto::CompositePrivateKey> identity;
  if (primary) {
    auto made = crypto::CompositePrivateKey::generate(suite, rng);
    if (!made) return std::unexpected(Error::backend);
    identity = *std::move(made);
  }
  auto device = crypto::CompositePrivateKey::generate(suite, rng);
  auto dh = crypto::DhPrivateKey::generate(suite.dh, rng);
  if (!device || !dh) return std::unexpected(Error::backend);
  auto dh_private = dh->export_private();
  if (!dh_private) return std::unexpected(Error::backend);
  return SuiteKeys(std::move(identity), *std::move(device), *std::move(dh), *std::move(dh_private));
}

Result<SuiteKeys> SuiteKeys::decode(identity::FieldReader& reader, bool primary) {
  const auto* suite = crypto::find_suite(reader.suite());
  const auto identity_bytes = primary ? reader.opaque16(identity::max_signature_size) : ByteView();
  const auto device_bytes = reader.opaque16(identity::max_signature_size);
  const auto dh_bytes = reader.opaque16(identity::max_public_key_size);
  if (!reader.ok()) return std::unexpected(Error::damaged_state);
  if (suite == nullptr) return std::unexpected(Error::unsupported);
  std::optional<crypto::CompositePrivateKey> identity;
  if (primary) {
    auto read = crypto::CompositePrivateKey::decode(*suite, identity_bytes);
    if (!read) return std::unexpected(Error::damaged_state);
    identity = *std::move(read);
  }
  auto device = crypto::CompositePrivateKey::decode(*suite, device_bytes);
  auto dh = crypto::DhPrivateKey::from_bytes(suite->dh, dh_bytes);
  if (!device || !dh) return std::unexpected(Error::damaged_state);
  return SuiteKeys(std::move(identity), *std::move(device), *std::move(dh), SecretBytes(dh_bytes));
}

void SuiteKeys::encode(SecretWriter& writer) const {
  writer.u16(crypto::number(suite().id));
  if (identity_) writer.opaque16(identity_->encode().view());
  writer.opaque16(device_.encode().view());
  writer.opaque16(dh_private_.view());
}

}  // namespace pqc::keys
