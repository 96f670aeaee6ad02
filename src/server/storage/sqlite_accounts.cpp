#include "server/storage/sqlite_accounts.h"

#include "server/storage/limits.h"

namespace pqc::server::storage {

SqliteAccounts::SqliteAccounts(SqliteDatabase& database)
    : find_(database.handle(), "SELECT id, version, record FROM account WHERE name = ?1"),
      create_(database.handle(),
              "INSERT INTO account (name, version, record, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING "
              "RETURNING id"),
      replace_(database.handle(), "UPDATE account SET version = ?2, record = ?3 WHERE id = ?1"),
      put_device_(database.handle(),
                  "INSERT INTO mailbox (account, device) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET removed = 0 "
                  "RETURNING id"),
      find_mailbox_(database.handle(), "SELECT id FROM mailbox WHERE account = ?1 AND device = ?2 AND NOT removed"),
      remove_keys_(database.handle(), "DELETE FROM device_key WHERE mailbox = ?1"),
      add_key_(database.handle(), "INSERT INTO device_key VALUES (?1, ?2, ?3)"),
      remove_mailbox_(database.handle(), "UPDATE mailbox SET removed = 1 WHERE id = ?1"),
      find_login_(database.handle(),
                  "SELECT account.id, mailbox.id, account.version, mailbox.generation, device_key.signature_key FROM "
                  "account JOIN mailbox ON mailbox.account = account.id AND mailbox.device = ?2 JOIN device_key ON "
                  "device_key.mailbox = mailbox.id AND device_key.suite = ?3 WHERE account.name = ?1"),
      set_generation_(database.handle(), "UPDATE mailbox SET generation = max(generation, ?2) WHERE id = ?1"),
      find_recipient_(
          database.handle(),
          "SELECT account.id, mailbox.id FROM account LEFT JOIN mailbox ON mailbox.account = account.id AND "
          "mailbox.device = ?2 AND NOT mailbox.removed WHERE account.name = ?1"),
      add_invite_(database.handle(), "INSERT INTO invite VALUES (?1, ?2)"),
      has_invite_(database.handle(), "SELECT 1 FROM invite WHERE token = ?1 AND expires_at > ?2"),
      use_invite_(database.handle(), "DELETE FROM invite WHERE token = ?1 AND expires_at > ?2 RETURNING 1"),
      sweep_invites_(database.handle(), "DELETE FROM invite WHERE expires_at <= ?1") {}

Result<std::optional<Account>> SqliteAccounts::find(std::string_view name) {
  auto use = find_.use();
  use.bind_text(name);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Account{{use.integer(0)}, static_cast<std::uint64_t>(use.integer(1)), to_bytes(use.blob(2))};
}

Result<std::optional<AccountId>> SqliteAccounts::create(std::string_view name, std::uint64_t version, ByteView record,
                                                        UnixMillis now) {
  auto use = create_.use();
  use.bind_text(name).bind(static_cast<std::int64_t>(version)).bind(record).bind(now.value);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const AccountId made{use.integer(0)};
  if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  forget_cached();
  return made;
}

Result<void> SqliteAccounts::replace_record(AccountId account, std::uint64_t version, ByteView record) {
  return replace_.use().bind(account.value).bind(static_cast<std::int64_t>(version)).bind(record).run();
}

Result<MailboxId> SqliteAccounts::put_device(AccountId account, std::uint32_t device,
                                             const std::vector<DeviceKey>& keys) {
  MailboxId mailbox;
  {
    auto use = put_device_.use();
    use.bind(account.value).bind(std::int64_t{device});
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    mailbox.value = use.integer(0);
    if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  }
  if (auto removed = remove_keys_.use().bind(mailbox.value).run(); !removed) return std::unexpected(removed.error());
  for (const auto& key : keys) {
    auto added = add_key_.use().bind(mailbox.value).bind(std::int64_t{key.suite}).bind(key.signature_key).run();
    if (!added) return std::unexpected(added.error());
  }
  forget_cached();
  return mailbox;
}

Result<std::optional<MailboxId>> SqliteAccounts::find_mailbox(AccountId account, std::uint32_t device) {
  auto use = find_mailbox_.use();
  use.bind(account.value).bind(std::int64_t{device});
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return MailboxId{use.integer(0)};
}

Result<void> SqliteAccounts::remove_device(MailboxId mailbox) {
  forget_cached();
  if (auto removed = remove_keys_.use().bind(mailbox.value).run(); !removed) return removed;
  return remove_mailbox_.use().bind(mailbox.value).run();
}

Result<std::optional<LoginData>> SqliteAccounts::find_login(std::string_view name, std::uint32_t device,
                                                            std::uint16_t suite) {
  auto use = find_login_.use();
  use.bind_text(name).bind(std::int64_t{device}).bind(std::int64_t{suite});
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return LoginData{{use.integer(0)},
                   {use.integer(1)},
                   static_cast<std::uint64_t>(use.integer(2)),
                   static_cast<std::uint64_t>(use.integer(3)),
                   to_bytes(use.blob(4))};
}

Result<void> SqliteAccounts::set_generation(MailboxId mailbox, std::uint64_t generation) {
  return set_generation_.use().bind(mailbox.value).bind(static_cast<std::int64_t>(generation)).run();
}

Result<Recipient> SqliteAccounts::find_recipient(std::string_view name, std::uint32_t device) {
  key_ = std::to_string(device);
  key_.append(" ").append(name);
  if (const auto known = recipients_.find(key_); known != recipients_.end()) return known->second;
  auto use = find_recipient_.use();
  use.bind_text(name).bind(std::int64_t{device});
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return Recipient{};
  const Recipient found{use.integer(1) != 0 ? Lookup::found : Lookup::no_device, {use.integer(0)}, {use.integer(1)}};
  if (recipients_.size() >= max_cached_mailboxes) recipients_.clear();
  if (found.lookup == Lookup::found) recipients_.emplace(key_, found);
  return found;
}

Result<void> SqliteAccounts::add_invite(const TokenHash& token, UnixMillis expires) {
  return add_invite_.use().bind(token).bind(expires.value).run();
}

Result<bool> SqliteAccounts::has_invite(const TokenHash& token, UnixMillis now) {
  auto use = has_invite_.use();
  use.bind(token).bind(now.value);
  return use.step();
}

Result<bool> SqliteAccounts::use_invite(const TokenHash& token, UnixMillis now) {
  auto use = use_invite_.use();
  use.bind(token).bind(now.value);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  const bool used = *row;
  if (used) {
    if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  }
  return used;
}

Result<void> SqliteAccounts::sweep(UnixMillis now) {
  return sweep_invites_.use().bind(now.value).run();
}

}  // namespace pqc::server::storage
