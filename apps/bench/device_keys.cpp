#include "device_keys.h"

#include "base/clock.h"
#include "crypto/dh.h"
#include "identity/labels.h"

namespace pqc::bench {
namespace {

constexpr std::chrono::milliseconds record_life = std::chrono::days(29);

std::unexpected<std::string> cannot(std::string_view what) {
  return std::unexpected("cannot " + std::string(what));
}

}  // namespace

std::expected<DeviceKeys, std::string> DeviceKeys::make(const crypto::Suite& suite, Rng& rng) {
  auto identity = crypto::CompositePrivateKey::generate(suite, rng);
  auto device = crypto::CompositePrivateKey::generate(suite, rng);
  const auto dh = crypto::DhPrivateKey::generate(suite.dh, rng);
  if (!identity || !device || !dh) return cannot("make the keys of the run");
  return DeviceKeys(suite, rng, std::move(*identity), std::move(*device), to_bytes(dh->public_key()));
}

identity::AccountRecord DeviceKeys::record_of(const identity::AccountName& account) const {
  const auto now = SystemClock().now();
  identity::AccountRecord record;
  record.account = account;
  record.issued = now;
  record.expires = now + record_life;
  record.identities = {{.suite = suite_->id, .signature_key = identity_.public_key()}};
  identity::DeviceEntry entry;
  entry.id = device;
  entry.created = now;
  entry.keys = {{.suite = suite_->id, .signature_key = device_signature_.public_key(), .dh_key = dh_key_}};
  record.devices = {std::move(entry)};
  return record;
}

std::expected<DeviceKeys::Registration, std::string> DeviceKeys::registration(identity::LoginStatement login) const {
  const auto record = record_of(login.account);
  const auto content = identity::encode_content(record);
  if (!content) return cannot("encode an account record");
  const auto signature = identity_.sign(identity::labels::account_record, *content, *rng_);
  if (!signature) return cannot("sign an account record");
  auto signed_record = identity::encode_signed(record, {&*signature, 1});
  if (!signed_record) return cannot("encode an account record");
  auto statement =
      sign(identity::RegistrationStatement{.login = std::move(login), .record = identity::record_hash(*content)});
  if (!statement) return std::unexpected(statement.error());
  return Registration{.account_record = std::move(*signed_record), .signature = std::move(*statement)};
}

std::expected<Bytes, std::string> DeviceKeys::login(identity::LoginStatement login) const {
  return sign(std::move(login));
}

std::expected<Bytes, std::string> DeviceKeys::sign(const identity::Statement& statement) const {
  auto signature = device_signature_.sign(identity::label_of(statement), identity::encode(statement), *rng_);
  if (!signature) return cannot("sign a login");
  return std::move(*signature);
}

}  // namespace pqc::bench
