// Accounts, devices and invites in SQLite. Used by sqlite_store.cpp only, inside its transactions.
#pragma once

#include <string>
#include <unordered_map>

#include "server/storage/sqlite_database.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

class SqliteAccounts {
 public:
  explicit SqliteAccounts(SqliteDatabase& database);

  Result<std::optional<Account>> find(std::string_view name);
  Result<std::optional<AccountId>> create(std::string_view name, std::uint64_t version, ByteView record,
                                          UnixMillis now);
  Result<void> replace_record(AccountId account, std::uint64_t version, ByteView record);
  Result<MailboxId> put_device(AccountId account, std::uint32_t device, const std::vector<DeviceKey>& keys);
  Result<std::optional<MailboxId>> find_mailbox(AccountId account, std::uint32_t device);
  Result<void> remove_device(MailboxId mailbox);
  Result<std::optional<LoginData>> find_login(std::string_view name, std::uint32_t device, std::uint16_t suite);
  Result<void> set_generation(MailboxId mailbox, std::uint64_t generation);
  Result<Recipient> find_recipient(std::string_view name, std::uint32_t device);
  Result<void> add_invite(const TokenHash& token, UnixMillis expires);
  Result<bool> has_invite(const TokenHash& token, UnixMillis now);
  Result<bool> use_invite(const TokenHash& token, UnixMillis now);
  Result<void> sweep(UnixMillis now);

  // After a rollback, what was learned in the transaction may be wrong.
  void forget_cached() { recipients_.clear(); }

 private:
  Statement find_;
  Statement create_;
  Statement replace_;
  Statement put_device_;
  Statement find_mailbox_;
  Statement remove_keys_;
  Statement add_key_;
  Statement remove_mailbox_;
  Statement find_login_;
  Statement set_generation_;
  Statement find_recipient_;
  Statement add_invite_;
  Statement has_invite_;
  Statement use_invite_;
  Statement sweep_invites_;
  // Found recipients by "device name@server"; at most max_cached_mailboxes.
  std::unordered_map<std::string, Recipient> recipients_;
  std::string key_;
};

}  // namespace pqc::server::storage
