#include "server/storage/sqlite_prekeys.h"

#include "server/storage/limits.h"

namespace pqc::server::storage {

SqlitePrekeys::SqlitePrekeys(SqliteDatabase& database)
    : put_batch_(database.handle(),
                 "INSERT INTO prekey_batch (mailbox, suite, batch_id, batch, last_resort, expires_at) SELECT ?1, ?2, "
                 "?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM device_key WHERE mailbox = ?1 AND suite = ?2) ON CONFLICT "
                 "DO UPDATE SET batch_id = excluded.batch_id, batch = excluded.batch, "
                 "last_resort = excluded.last_resort, last_resort_used = 0, expires_at = excluded.expires_at WHERE "
                 "excluded.batch_id > batch_id RETURNING 1"),
      remove_pairs_(database.handle(), "DELETE FROM one_time_pair WHERE mailbox = ?1 AND suite = ?2"),
      add_pair_(database.handle(), "INSERT INTO one_time_pair (mailbox, suite, pair) VALUES (?1, ?2, ?3)"),
      find_batch_(database.handle(),
                  "SELECT batch_id, batch, last_resort, last_resort_used, account.version FROM prekey_batch JOIN "
                  "mailbox ON mailbox.id = prekey_batch.mailbox JOIN account ON account.id = mailbox.account WHERE "
                  "mailbox.id = ?1 AND suite = ?2 AND expires_at > ?3"),
      take_pair_(database.handle(),
                 "DELETE FROM one_time_pair WHERE id = (SELECT min(id) FROM one_time_pair WHERE mailbox = ?1 AND suite "
                 "= ?2) RETURNING pair"),
      use_last_resort_(database.handle(),
                       "UPDATE prekey_batch SET last_resort_used = 1 WHERE mailbox = ?1 AND suite = ?2"),
      count_(database.handle(),
             "SELECT suite, batch_id, (SELECT count(*) FROM one_time_pair WHERE one_time_pair.mailbox = "
             "prekey_batch.mailbox AND one_time_pair.suite = prekey_batch.suite), last_resort_used, expires_at FROM "
             "prekey_batch WHERE mailbox = ?1 ORDER BY suite"),
      count_hand_out_(database.handle(),
                      "INSERT INTO hand_out VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET count = CASE WHEN window "
                      "= excluded.window THEN count + 1 ELSE 1 END, window = excluded.window RETURNING count"),
      remove_batches_(database.handle(), "DELETE FROM prekey_batch WHERE mailbox = ?1"),
      remove_all_pairs_(database.handle(), "DELETE FROM one_time_pair WHERE mailbox = ?1"),
      sweep_(database.handle(), "DELETE FROM hand_out WHERE window < ?1") {}

Result<void> SqlitePrekeys::sweep(UnixMillis now) {
  if (now < next_sweep_) return {};
  next_sweep_ = now + hand_out_sweep_interval;
  return sweep_.use().bind((now - hand_out_lifetime).value).run();
}

Result<bool> SqlitePrekeys::put(MailboxId mailbox, const PrekeyBatch& batch) {
  {
    auto use = put_batch_.use();
    use.bind(mailbox.value).bind(std::int64_t{batch.suite}).bind(static_cast<std::int64_t>(batch.batch_id));
    use.bind(batch.batch).bind(batch.last_resort).bind(batch.expires.value);
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return false;
    if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  }
  auto removed = remove_pairs_.use().bind(mailbox.value).bind(std::int64_t{batch.suite}).run();
  if (!removed) return std::unexpected(removed.error());
  for (const auto& pair : batch.one_time) {
    auto added = add_pair_.use().bind(mailbox.value).bind(std::int64_t{batch.suite}).bind(pair).run();
    if (!added) return std::unexpected(added.error());
  }
  return true;
}

Result<std::optional<Bytes>> SqlitePrekeys::take_pair(MailboxId mailbox, std::uint16_t suite) {
  auto use = take_pair_.use();
  use.bind(mailbox.value).bind(std::int64_t{suite});
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto pair = to_bytes(use.blob(0));
  if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  return pair;
}

Result<std::optional<Bundle>> SqlitePrekeys::take(MailboxId mailbox, std::uint16_t suite, UnixMillis now) {
  Bundle bundle;
  bool already_used = false;
  {
    auto use = find_batch_.use();
    use.bind(mailbox.value).bind(std::int64_t{suite}).bind(now.value);
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    bundle.batch_id = static_cast<std::uint64_t>(use.integer(0));
    bundle.batch = to_bytes(use.blob(1));
    bundle.prekey = to_bytes(use.blob(2));
    already_used = use.integer(3) != 0;
    bundle.record_version = static_cast<std::uint64_t>(use.integer(4));
  }
  auto pair = take_pair(mailbox, suite);
  if (!pair) return std::unexpected(pair.error());
  bundle.last_resort = !pair->has_value();
  if (*pair) bundle.prekey = std::move(**pair);
  if (bundle.last_resort && !already_used) {
    auto marked = use_last_resort_.use().bind(mailbox.value).bind(std::int64_t{suite}).run();
    if (!marked) return std::unexpected(marked.error());
  }
  return bundle;
}

Result<std::vector<PrekeyCount>> SqlitePrekeys::count(MailboxId mailbox) {
  std::vector<PrekeyCount> counts;
  auto use = count_.use();
  use.bind(mailbox.value);
  while (true) {
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return counts;
    counts.push_back({static_cast<std::uint16_t>(use.integer(0)),
                      static_cast<std::uint64_t>(use.integer(1)),
                      static_cast<std::uint32_t>(use.integer(2)),
                      use.integer(3) != 0,
                      {use.integer(4)}});
  }
}

Result<std::uint32_t> SqlitePrekeys::count_hand_out(AccountId requester, MailboxId target, UnixMillis window) {
  auto use = count_hand_out_.use();
  use.bind(requester.value).bind(target.value).bind(window.value);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  const auto count = static_cast<std::uint32_t>(use.integer(0));
  if (auto rest = use.run(); !rest) return std::unexpected(rest.error());
  return count;
}

Result<void> SqlitePrekeys::remove_all(MailboxId mailbox) {
  if (auto removed = remove_batches_.use().bind(mailbox.value).run(); !removed) return removed;
  return remove_all_pairs_.use().bind(mailbox.value).run();
}

}  // namespace pqc::server::storage
