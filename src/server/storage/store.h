// What the server keeps, behind one interface, so that engines can stand beside each other. SQLite is the default
// (sqlite_store.h); every engine passes the same contract (tests/unit/server/storage_contract_test.cpp).
//
// Calls between begin() and commit() are one transaction: all of it is on disk when commit() returns, or none of it
// ever. Calls outside a transaction are not allowed. One thread at a time: group_commit.h owns it.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace pqc::server::storage {

enum class StoreError : std::uint8_t {
  io,
  disk_full,
  no_permission,
  damaged,
  too_new,  // written by a newer version of this program
  busy,     // another process holds it
  stopped,  // the server ended before it was done
};

// A stable lower-case name for logs.
std::string_view name_of(StoreError error);

template <class T>
using Result = std::expected<T, StoreError>;

struct AccountId {
  std::int64_t value = 0;
  friend auto operator<=>(AccountId, AccountId) = default;
};

// One device of one account.
struct MailboxId {
  std::int64_t value = 0;
  friend auto operator<=>(MailboxId, MailboxId) = default;
};

// Rises within a mailbox; 0 is none.
struct MessageId {
  std::uint64_t value = 0;
  friend auto operator<=>(MessageId, MessageId) = default;
};

using ClientMessageId = std::array<std::uint8_t, 16>;
using BodyHash = std::array<std::uint8_t, 32>;
using TokenHash = std::array<std::uint8_t, 32>;

struct Account {
  AccountId id;
  std::uint64_t version = 0;
  Bytes record;
};

struct DeviceKey {
  std::uint16_t suite = 0;
  Bytes signature_key;
};

// What a login is checked against.
struct LoginData {
  AccountId account;
  MailboxId mailbox;
  std::uint64_t record_version = 0;
  std::uint64_t generation = 0;  // the highest seen
  Bytes signature_key;
};

enum class Lookup : std::uint8_t { found, no_account, no_device };

struct Recipient {
  Lookup lookup = Lookup::no_account;
  AccountId account;
  MailboxId mailbox;
};

struct PrekeyBatch {
  std::uint16_t suite = 0;
  std::uint64_t batch_id = 0;
  Bytes batch;
  Bytes last_resort;
  std::vector<Bytes> one_time;
  UnixMillis expires;
};

struct PrekeyCount {
  std::uint16_t suite = 0;
  std::uint64_t batch_id = 0;
  std::uint32_t one_time_left = 0;
  bool last_resort_used = false;
  UnixMillis expires;
};

struct Bundle {
  std::uint64_t batch_id = 0;
  std::uint64_t record_version = 0;
  Bytes batch;
  Bytes prekey;
  bool last_resort = false;
};

struct NewMessage {
  MailboxId to;
  MailboxId from;
  AccountId from_account;
  ClientMessageId id{};
  BodyHash hash{};  // over recipient and body
  UnixMillis received_at;
  ByteView body;
};

// quota: the mailbox is full, or holds as much of this account as it has room left (limits.h).
enum class AppendOutcome : std::uint8_t { stored, duplicate, conflict, quota };

struct Appended {
  AppendOutcome outcome = AppendOutcome::stored;
  MessageId message;  // of the first time when duplicate
};

struct StoredMessage {
  MessageId id;
  std::string from_account;
  std::uint32_t from_device = 0;
  ClientMessageId client_id{};
  UnixMillis received_at;
  Bytes body;
};

struct MailboxUsage {
  std::uint32_t items = 0;
  std::uint64_t bytes = 0;
};

// Chosen by the uploader; who knows it can read the blob.
using BlobId = std::array<std::uint8_t, 32>;

// A sealed file, whose bytes lie in a file of their own (server/blobs).
struct Blob {
  BlobId id{};
  AccountId owner;
  std::uint64_t size = 0;  // announced, and counted from the first byte on
  bool complete = false;
  UnixMillis expires;
};

// An account's share of blobs.
struct BlobQuota {
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
};

enum class BlobOutcome : std::uint8_t {
  added,
  known,     // the same owner and size
  conflict,  // the id is another's, or was announced with another size
  quota
};

struct Totals {
  std::uint64_t accounts = 0;
  std::uint64_t devices = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t invites = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Result<void> begin() = 0;
  [[nodiscard]] virtual Result<void> commit() = 0;
  virtual void rollback() = 0;

  // Accounts. A name is the whole of name@server.
  [[nodiscard]] virtual Result<std::optional<Account>> find_account(std::string_view name) = 0;
  // Nothing when the name is taken.
  [[nodiscard]] virtual Result<std::optional<AccountId>> create_account(std::string_view name, std::uint64_t version,
                                                                        ByteView record, UnixMillis now) = 0;
  [[nodiscard]] virtual Result<void> replace_record(AccountId account, std::uint64_t version, ByteView record) = 0;
  // Makes the device and its mailbox, or sets the keys of one that is there.
  [[nodiscard]] virtual Result<MailboxId> put_device(AccountId account, std::uint32_t device,
                                                     const std::vector<DeviceKey>& keys) = 0;
  // With its messages, keys and prekeys; what it sent to others keeps its name. No error when there is none.
  [[nodiscard]] virtual Result<void> remove_device(AccountId account, std::uint32_t device) = 0;
  [[nodiscard]] virtual Result<std::optional<LoginData>> find_login(std::string_view name, std::uint32_t device,
                                                                    std::uint16_t suite) = 0;
  [[nodiscard]] virtual Result<void> set_generation(MailboxId mailbox, std::uint64_t generation) = 0;
  [[nodiscard]] virtual Result<Recipient> find_recipient(std::string_view name, std::uint32_t device) = 0;

  // Invites are kept as hashes of their tokens.
  [[nodiscard]] virtual Result<void> add_invite(const TokenHash& token, UnixMillis expires) = 0;
  // Whether there is such an invite, unused and unexpired.
  [[nodiscard]] virtual Result<bool> has_invite(const TokenHash& token, UnixMillis now) = 0;
  // Whether there was such an invite, unused and unexpired; it is used up now.
  [[nodiscard]] virtual Result<bool> use_invite(const TokenHash& token, UnixMillis now) = 0;

  // Prekeys. A new batch takes the place of the mailbox's batch of that suite; false when its id is not higher, or the
  // device has no keys of that suite.
  [[nodiscard]] virtual Result<bool> put_prekeys(MailboxId mailbox, const PrekeyBatch& batch) = 0;
  // Takes one pair out, in the order of its batch; with none left the last resort. Nothing when there is no batch or it
  // has expired.
  [[nodiscard]] virtual Result<std::optional<Bundle>> take_prekey(MailboxId mailbox, std::uint16_t suite,
                                                                  UnixMillis now) = 0;
  [[nodiscard]] virtual Result<std::vector<PrekeyCount>> count_prekeys(MailboxId mailbox) = 0;
  // Counts one hand-out by `requester` from `target` in the window that began at `window`; how many there are with it.
  [[nodiscard]] virtual Result<std::uint32_t> count_hand_out(AccountId requester, MailboxId target,
                                                             UnixMillis window) = 0;

  // Mailboxes.
  [[nodiscard]] virtual Result<Appended> append(const NewMessage& message) = 0;
  // Messages after the cursor in the order of their ids, at least one if there is one, else within both limits.
  [[nodiscard]] virtual Result<std::vector<StoredMessage>> read_after(MailboxId mailbox, MessageId cursor,
                                                                      std::size_t max_items, std::size_t max_bytes) = 0;
  [[nodiscard]] virtual Result<void> remove_up_to(MailboxId mailbox, MessageId cursor) = 0;
  [[nodiscard]] virtual Result<MailboxUsage> usage(MailboxId mailbox) = 0;
  // The highest id in the mailbox, 0 when it is empty.
  [[nodiscard]] virtual Result<MessageId> newest(MailboxId mailbox) = 0;

  // Blobs. One that is known, and not complete, gets the new expiry.
  [[nodiscard]] virtual Result<BlobOutcome> add_blob(const Blob& blob, const BlobQuota& quota) = 0;
  [[nodiscard]] virtual Result<std::optional<Blob>> find_blob(const BlobId& id) = 0;
  // False when it is gone.
  [[nodiscard]] virtual Result<bool> complete_blob(const BlobId& id, UnixMillis expires) = 0;
  // Forgets some whose time is over, and says which: their files are to be removed then.
  [[nodiscard]] virtual Result<std::vector<BlobId>> take_expired_blobs(UnixMillis now, std::size_t limit) = 0;
  // All, in the order of their ids, after this one.
  [[nodiscard]] virtual Result<std::vector<BlobId>> blobs_after(const BlobId& id, std::size_t limit) = 0;
  [[nodiscard]] virtual Result<void> remove_blob(const BlobId& id) = 0;

  // Removes some of what has expired; cheap, to be called now and then.
  [[nodiscard]] virtual Result<void> sweep(UnixMillis now) = 0;
  [[nodiscard]] virtual Result<Totals> totals() = 0;
};

}  // namespace pqc::server::storage
