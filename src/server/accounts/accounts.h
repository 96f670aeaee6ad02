// Accounts: registration, login, account records (docs/spec/relay.md §4). Verification only; no secret of a client is
// ever here. Two kinds of functions: those that compute (any thread), and those that work on a Store (its thread).
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "identity/account_record.h"
#include "identity/statements.h"
#include "proto/relay.pb.h"
#include "server/storage/store.h"

namespace pqc::server::accounts {

namespace v1 = pqc_chat::v1;

// What a signature is bound to: this server and this connection.
struct Binding {
  identity::ServerFingerprint server{};
  identity::Challenge challenge{};
  identity::ExporterValue exporter{};
};

// Why something was refused: the code for the client, the reason for our log only.
struct Refusal {
  v1::ErrorCode code = v1::ERROR_REFUSED;
  std::string_view reason;
};

template <class T>
using Checked = std::expected<T, Refusal>;

// Which account of this server a text names: WRONG_SERVER for another server's, MALFORMED for none.
Checked<identity::AccountName> parse_account(std::string_view text, std::string_view server_name);

// Keys of nobody. A login for a device that is not here is checked against one, so that it costs what any other wrong
// login costs: how long the server is busy says nothing about names (THREATS 17). One thread.
class Decoys {
 public:
  // Made at the first need; empty for a suite that is not built in.
  ByteView key(std::uint32_t suite, Rng& rng);

 private:
  std::map<std::uint32_t, Bytes> keys_;
};

// A login's signature against the key that is stored for the device.
Checked<void> verify_login(const v1::Login& login, const Binding& binding, ByteView signature_key);

struct Device {
  std::uint32_t id = 0;
  std::vector<storage::DeviceKey> keys;
};

// A record that may be stored: verified, with the devices it has and those it has revoked.
struct NewRecord {
  std::string account;
  std::uint64_t version = 0;
  Bytes bytes;
  std::vector<Device> active;
  std::vector<std::uint32_t> revoked;
};

// The record, its signatures, and the registering device's statement.
Checked<NewRecord> verify_registration(const v1::Register& registration, const Binding& binding,
                                       std::string_view server_name, UnixMillis now);
// A record that takes the place of the stored one.
Checked<NewRecord> verify_successor(ByteView stored, ByteView next, const std::string& account, UnixMillis now);

struct Registered {
  v1::ErrorCode error = v1::ERROR_UNSPECIFIED;  // of the application: name taken, invite invalid
  storage::AccountId account;
  storage::MailboxId mailbox;
};

// Invite, name, record and devices in one transaction. Without `invite` registration is open.
storage::Result<Registered> create(storage::Store& store, const NewRecord& record, std::uint32_t device,
                                   const std::optional<storage::TokenHash>& invite, std::uint64_t generation,
                                   UnixMillis now);
// The mailboxes of devices that it revokes; nothing when the stored version is no longer `expected_version`.
storage::Result<std::optional<std::vector<storage::MailboxId>>> replace(storage::Store& store,
                                                                        storage::AccountId account,
                                                                        std::uint64_t expected_version,
                                                                        const NewRecord& record);

// The name of this account, name@server, where it is one that only an invite made for it opens: people expect the
// server's owner behind it (docs/spec/relay.md §4). Else nothing.
std::string_view reserved_name(std::string_view account);

// Invite tokens: 16 random bytes, base64url; stored as their hash. `name`: a reserved one, that it is for; nothing: any
// that is not.
std::string make_invite_token(Rng& rng);
std::optional<storage::TokenHash> hash_invite_token(std::string_view token, std::string_view name);

}  // namespace pqc::server::accounts
