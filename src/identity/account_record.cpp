#include "identity/account_record.h"

#include <algorithm>

#include "crypto/hash.h"
#include "identity/labels.h"
#include "identity/limits.h"
#include "identity/record_codec.h"

namespace pqc::identity {
namespace {

Result<void> check_validity(const AccountRecord& record, UnixMillis now) {
  if (record.issued > now + clock_tolerance) return std::unexpected(Error::not_yet_valid);
  if (record.expires < now) return std::unexpected(Error::expired);
  return {};
}

Result<void> check_signature(const crypto::Suite& suite, const IdentityKey& identity, ByteView content,
                             ByteView signature) {
  const auto key = crypto::CompositePublicKey::decode(suite, identity.signature_key);
  if (!key || !key->verify(labels::account_record, content, signature)) return std::unexpected(Error::bad_signature);
  return {};
}

// Every suite that is built in, and at least one of them.
Result<void> check_signatures(const ParsedRecord& parsed) {
  bool checked = false;
  for (std::size_t i = 0; i < parsed.record.identities.size(); ++i) {
    const auto& identity = parsed.record.identities[i];
    const auto* suite = crypto::find_suite(identity.suite);
    if (suite == nullptr) continue;
    if (auto held = check_signature(*suite, identity, parsed.content, parsed.signatures[i]); !held) return held;
    checked = true;
  }
  if (!checked) return std::unexpected(Error::unsupported);
  return {};
}

Result<ParsedRecord> parse_of_account(ByteView signed_record, const AccountName& account) {
  auto parsed = parse_signed(signed_record);
  if (parsed && parsed->record.account != account) return std::unexpected(Error::other_account);
  return parsed;
}

bool keeps_identities(const AccountRecord& pinned, const AccountRecord& next) {
  return std::ranges::all_of(pinned.identities, [&](const IdentityKey& identity) {
    const auto* kept = next.find(identity.suite);
    return kept != nullptr && *kept == identity;
  });
}

bool keeps_keys(const DeviceEntry& pinned, const DeviceEntry& next) {
  return std::ranges::all_of(
      pinned.keys, [&](const DeviceKeys& keys) { return std::ranges::find(next.keys, keys) != next.keys.end(); });
}

bool keeps_device(const DeviceEntry& pinned, const DeviceEntry* next) {
  if (next == nullptr || next->created != pinned.created) return false;
  if (pinned.state == DeviceState::revoked) return *next == pinned;
  return next->state == DeviceState::revoked || keeps_keys(pinned, *next);
}

Result<void> check_order(const VerifiedRecord& pinned, const VerifiedRecord& next) {
  if (next.version() < pinned.version()) return std::unexpected(Error::rolled_back);
  if (next.version() == pinned.version())
    return next.hash() == pinned.hash() ? Result<void>{} : std::unexpected(Error::forked);
  const bool direct = next.version().value == pinned.version().value + 1;
  if (direct && next.record().predecessor != pinned.hash()) return std::unexpected(Error::forked);
  if (next.record().issued < pinned.record().issued) return std::unexpected(Error::rolled_back);
  return {};
}

Succession describe(const VerifiedRecord& pinned, const VerifiedRecord& next) {
  Succession change;
  change.same = next.version() == pinned.version();
  change.gap = next.version().value > pinned.version().value + 1;
  for (const auto& device : next.record().devices) {
    const auto* before = pinned.record().find(device.id);
    const bool active = device.state == DeviceState::active;
    if (before == nullptr && active) change.added.push_back(device.id);
    if (before != nullptr && before->state == DeviceState::active && !active) change.revoked.push_back(device.id);
  }
  return change;
}

}  // namespace

const DeviceEntry* AccountRecord::find(DeviceId id) const {
  const auto found = std::ranges::find(devices, id, &DeviceEntry::id);
  return found == devices.end() ? nullptr : &*found;
}

const IdentityKey* AccountRecord::find(crypto::SuiteId suite) const {
  const auto found = std::ranges::find(identities, suite, &IdentityKey::suite);
  return found == identities.end() ? nullptr : &*found;
}

RecordHash record_hash(ByteView content) {
  return crypto::sha512(content);
}

Result<VerifiedRecord> verify_pinned(ByteView signed_record, const AccountName& account) {
  auto parsed = parse_of_account(signed_record, account);
  if (!parsed) return std::unexpected(parsed.error());
  if (auto held = check_signatures(*parsed); !held) return std::unexpected(held.error());
  return VerifiedRecord(std::move(parsed->record), record_hash(parsed->content), to_bytes(signed_record));
}

Result<VerifiedRecord> verify(ByteView signed_record, const AccountName& account, UnixMillis now) {
  auto verified = verify_pinned(signed_record, account);
  if (!verified) return verified;
  if (auto valid = check_validity(verified->record(), now); !valid) return std::unexpected(valid.error());
  return verified;
}

Result<Succession> verify_successor(const VerifiedRecord& pinned, const VerifiedRecord& next) {
  if (next.account() != pinned.account()) return std::unexpected(Error::other_account);
  if (!keeps_identities(pinned.record(), next.record())) return std::unexpected(Error::identity_changed);
  if (auto order = check_order(pinned, next); !order) return std::unexpected(order.error());
  const bool kept = std::ranges::all_of(pinned.record().devices, [&](const DeviceEntry& device) {
    return keeps_device(device, next.record().find(device.id));
  });
  if (!kept) return std::unexpected(Error::device_altered);
  return describe(pinned, next);
}

Result<DeviceIdentity> find_device(const VerifiedRecord& record, DeviceId device, crypto::SuiteId suite) {
  const auto* entry = record.record().find(device);
  if (entry == nullptr) return std::unexpected(Error::unknown_device);
  if (entry->state == DeviceState::revoked) return std::unexpected(Error::revoked_device);
  const auto keys = std::ranges::find(entry->keys, suite, &DeviceKeys::suite);
  if (keys == entry->keys.end()) return std::unexpected(Error::unknown_device);
  return DeviceIdentity{{record.account(), device}, record.version(), suite, keys->signature_key, keys->dh_key};
}

Result<VerifiedDevice> VerifiedDevice::make(const VerifiedRecord& record, DeviceId device, crypto::SuiteId suite) {
  const auto* held = crypto::find_suite(suite);
  if (held == nullptr) return std::unexpected(Error::unsupported);
  auto identity = find_device(record, device, suite);
  if (!identity) return std::unexpected(identity.error());
  auto key = crypto::CompositePublicKey::decode(*held, identity->signature_key);
  if (!key) return std::unexpected(Error::invalid);
  VerifiedDevice verified;
  verified.identity_ = std::make_shared<const DeviceIdentity>(*std::move(identity));
  verified.signature_key_ = std::make_shared<const crypto::CompositePublicKey>(*std::move(key));
  return verified;
}

}  // namespace pqc::identity
