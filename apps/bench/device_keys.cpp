#include "device_keys.h"

#include <algorithm>

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
  auto signed_record = sign_record(record, *content);
  if (!signed_record) return std::unexpected(signed_record.error());
  auto statement =
      sign(identity::RegistrationStatement{.login = std::move(login), .record = identity::record_hash(*content)});
  if (!statement) return std::unexpected(statement.error());
  return Registration{.account_record = std::move(*signed_record), .signature = std::move(*statement)};
}

std::expected<Bytes, std::string> DeviceKeys::sign_record(const identity::AccountRecord& record,
                                                          ByteView content) const {
  const auto signature = identity_.sign(identity::labels::account_record, content, *rng_);
  if (!signature) return cannot("sign an account record");
  auto signed_record = identity::encode_signed(record, {&*signature, 1});
  if (!signed_record) return cannot("encode an account record");
  return std::move(*signed_record);
}

std::expected<Bytes, std::string> DeviceKeys::revocation(const identity::AccountName& account, ByteView record) const {
  const auto pinned = identity::verify_pinned(record, account);
  if (!pinned) return cannot("read an account record");
  auto next = pinned->record();
  next.version = {next.version.value + 1};
  next.predecessor = pinned->hash();
  auto other = next.devices.front();
  other.id = {device.value + 1};
  auto& revoked = next.devices.front();
  revoked.state = identity::DeviceState::revoked;
  revoked.revoked = std::max(revoked.created, SystemClock().now());
  revoked.keys.clear();
  next.devices.push_back(std::move(other));
  const auto content = identity::encode_content(next);
  if (!content) return cannot("encode an account record");
  return sign_record(next, *content);
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
