#include "server/accounts/accounts.h"

#include "crypto/composite.h"
#include "crypto/hash.h"
#include "crypto/suite.h"
#include "identity/record_codec.h"

namespace pqc::server::accounts {
namespace {

constexpr std::size_t token_bytes = 16;

std::unexpected<Refusal> refused(std::string_view reason) {
  return std::unexpected(Refusal{v1::ERROR_REFUSED, reason});
}

std::unexpected<Refusal> malformed(std::string_view reason) {
  return std::unexpected(Refusal{v1::ERROR_MALFORMED, reason});
}

identity::LoginStatement statement_of(const identity::AccountName& account, std::uint32_t device, crypto::SuiteId suite,
                                      const Binding& binding) {
  return {binding.server, account, {device}, suite, binding.challenge, binding.exporter};
}

const crypto::Suite* suite_of(std::uint32_t number) {
  return number <= 0xFFFF ? crypto::find_suite(static_cast<std::uint16_t>(number)) : nullptr;
}

NewRecord new_record(const identity::VerifiedRecord& verified) {
  NewRecord out{verified.account().text(), verified.version().value, verified.encoded(), {}, {}};
  for (const auto& device : verified.record().devices) {
    if (device.state == identity::DeviceState::revoked) {
      out.revoked.push_back(device.id.value);
      continue;
    }
    Device entry{device.id.value, {}};
    for (const auto& keys : device.keys) {
      entry.keys.push_back({static_cast<std::uint16_t>(keys.suite), keys.signature_key});
    }
    out.active.push_back(std::move(entry));
  }
  return out;
}

storage::Result<void> put_devices(storage::Store& store, storage::AccountId account, const NewRecord& record) {
  for (const auto device : record.revoked) {
    if (auto removed = store.remove_device(account, device); !removed) return removed;
  }
  for (const auto& device : record.active) {
    if (auto put = store.put_device(account, device.id, device.keys); !put) return std::unexpected(put.error());
  }
  return {};
}

}  // namespace

Checked<identity::AccountName> parse_account(std::string_view text, std::string_view server_name) {
  auto name = identity::AccountName::parse(text);
  if (!name) return malformed("account name");
  if (name->server() != server_name)
    return std::unexpected(Refusal{v1::ERROR_WRONG_SERVER, "account of another server"});
  return std::move(*name);
}

ByteView Decoys::key(std::uint32_t suite, Rng& rng) {
  const auto* known = suite_of(suite);
  if (known == nullptr) return {};
  auto& key = keys_[suite];
  if (key.empty()) {
    if (const auto made = crypto::CompositePrivateKey::generate(*known, rng)) key = made->public_key();
  }
  return key;
}

Checked<void> verify_login(const v1::Login& login, const Binding& binding, ByteView signature_key) {
  const auto* suite = suite_of(login.suite());
  const auto account = identity::AccountName::parse(login.account());
  if (suite == nullptr || !account) return refused("suite or account");
  const auto key = crypto::CompositePublicKey::decode(*suite, signature_key);
  if (!key) return refused("stored key");
  const identity::Statement statement = statement_of(*account, login.device(), suite->id, binding);
  const auto valid =
      key->verify(identity::label_of(statement), identity::encode(statement), as_bytes(login.signature()));
  if (!valid) return refused("login signature");
  return {};
}

Checked<NewRecord> verify_registration(const v1::Register& registration, const Binding& binding,
                                       std::string_view server_name, UnixMillis now) {
  const auto bytes = as_bytes(registration.account_record());
  const auto* suite = suite_of(registration.suite());
  const auto parsed = identity::parse_signed(bytes);
  if (!parsed || suite == nullptr) return malformed("account record or suite");
  const auto& account = parsed->record.account;
  if (account.server() != server_name)
    return std::unexpected(Refusal{v1::ERROR_WRONG_SERVER, "account of another server"});
  const auto record = identity::verify(bytes, account, now);
  if (!record) return refused(identity::name_of(record.error()));
  const auto device = identity::VerifiedDevice::make(*record, {registration.device()}, suite->id);
  if (!device) return refused(identity::name_of(device.error()));
  const identity::Statement statement =
      identity::RegistrationStatement{statement_of(account, registration.device(), suite->id, binding), record->hash()};
  if (auto valid = identity::verify(statement, as_bytes(registration.signature()), *device); !valid) {
    return refused(identity::name_of(valid.error()));
  }
  return new_record(*record);
}

Checked<NewRecord> verify_successor(ByteView stored, ByteView next, const std::string& account, UnixMillis now) {
  const auto name = identity::AccountName::parse(account);
  if (!name) return malformed("account name");
  const auto pinned = identity::verify_pinned(stored, *name);
  if (!pinned) return refused("stored record");
  const auto record = identity::verify(next, *name, now);
  if (!record) return refused(identity::name_of(record.error()));
  const auto succession = identity::verify_successor(*pinned, *record);
  // The owner has logged in: that its record does not follow is a conflict between its devices, not a secret.
  if (!succession) return std::unexpected(Refusal{v1::ERROR_CONFLICT, identity::name_of(succession.error())});
  return new_record(*record);
}

storage::Result<Registered> create(storage::Store& store, const NewRecord& record, std::uint32_t device,
                                   const std::optional<storage::TokenHash>& invite, std::uint64_t generation,
                                   UnixMillis now) {
  // Who has no invite learns nothing about names (THREATS 17); a name that is taken uses no invite up.
  if (invite) {
    const auto valid = store.has_invite(*invite, now);
    if (!valid) return std::unexpected(valid.error());
    if (!*valid) return Registered{v1::ERROR_INVITE_INVALID, {}, {}};
  }
  const auto account = store.create_account(record.account, record.version, record.bytes, now);
  if (!account) return std::unexpected(account.error());
  if (!*account) return Registered{v1::ERROR_NAME_TAKEN, {}, {}};
  if (invite) {
    if (auto used = store.use_invite(*invite, now); !used) return std::unexpected(used.error());
  }
  if (auto put = put_devices(store, **account, record); !put) return std::unexpected(put.error());
  const auto recipient = store.find_recipient(record.account, device);
  if (!recipient) return std::unexpected(recipient.error());
  if (auto set = store.set_generation(recipient->mailbox, generation); !set) return std::unexpected(set.error());
  return Registered{v1::ERROR_UNSPECIFIED, **account, recipient->mailbox};
}

storage::Result<std::optional<std::vector<storage::MailboxId>>> replace(storage::Store& store,
                                                                        storage::AccountId account,
                                                                        std::uint64_t expected_version,
                                                                        const NewRecord& record) {
  const auto current = store.find_account(record.account);
  if (!current) return std::unexpected(current.error());
  if (!*current || (*current)->version != expected_version) return std::nullopt;
  std::vector<storage::MailboxId> revoked;
  for (const auto device : record.revoked) {
    const auto there = store.find_recipient(record.account, device);
    if (!there) return std::unexpected(there.error());
    if (there->lookup == storage::Lookup::found) revoked.push_back(there->mailbox);
  }
  if (auto replaced = store.replace_record(account, record.version, record.bytes); !replaced) {
    return std::unexpected(replaced.error());
  }
  if (auto put = put_devices(store, account, record); !put) return std::unexpected(put.error());
  return revoked;
}

std::string_view reserved_name(std::string_view account) {
  const auto name = account.substr(0, account.find('@'));
  return name == "echo" ? name : std::string_view();
}

std::string make_invite_token(Rng& rng) {
  return to_base64url(rng.bytes<token_bytes>());
}

std::optional<storage::TokenHash> hash_invite_token(std::string_view token, std::string_view name) {
  auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != token_bytes) return std::nullopt;
  bytes->insert(bytes->end(), name.begin(), name.end());
  return crypto::sha256(*bytes);
}

}  // namespace pqc::server::accounts
