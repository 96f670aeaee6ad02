#include "server/storage/sqlite_mailboxes.h"

#include <algorithm>
#include <utility>

#include "server/storage/limits.h"

namespace pqc::server::storage {
namespace {

constexpr std::uint64_t the_only_shard = 0;

// Days since 2025-01-01: a database restored on a later day gets a higher epoch than one restored before.
std::uint64_t epoch_of_day(UnixMillis now) {
  constexpr std::int64_t start = 1'735'689'600'000;
  constexpr std::int64_t day = 24LL * 3600 * 1000;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now.value - start) / day));
}

// A number that rises through the day, eight thousand a millisecond, below 2^40: a database that is restored twice on
// one day goes on above what the first of the two gave out.
std::uint64_t sequence_of_time(UnixMillis now) {
  constexpr std::int64_t day = 24LL * 3600 * 1000;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.value) % day) << 13;
}

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

constexpr std::int64_t all_ids = std::numeric_limits<std::int64_t>::max();

MailboxUsage with(const MailboxUsage& usage, std::size_t body) {
  return {usage.items + 1, usage.bytes + body};
}

bool is_too_much(const MailboxUsage& usage) {
  return usage.items > max_mailbox_items || usage.bytes > max_mailbox_bytes;
}

}  // namespace

SqliteMailboxes::SqliteMailboxes(SqliteDatabase& database)
    : database_(database),
      get_setting_(database.handle(), "SELECT value FROM setting WHERE name = ?1"),
      put_setting_(database.handle(), "INSERT OR REPLACE INTO setting VALUES (?1, ?2)"),
      add_id_(database.handle(), "INSERT INTO append_id VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"),
      find_id_(database.handle(), "SELECT hash, message FROM append_id WHERE sender = ?1 AND client_id = ?2"),
      add_message_(database.handle(), "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      read_(
          database.handle(),
          "SELECT message.id, account.name, mailbox.device, client_id, received_at, size, body FROM message LEFT JOIN "
          "mailbox ON mailbox.id = message.sender LEFT JOIN account ON account.id = mailbox.account WHERE "
          "message.mailbox = ?1 AND message.id > ?2 ORDER BY message.id LIMIT ?3"),
      measure_(database.handle(), "SELECT count(*), ifnull(sum(size), 0) FROM message WHERE mailbox = ?1 AND id <= ?2"),
      measure_accounts_(
          database.handle(),
          "SELECT ifnull(mailbox.account, 0), count(*), sum(size) FROM message LEFT JOIN mailbox ON mailbox.id = "
          "message.sender WHERE message.mailbox = ?1 AND message.id <= ?2 GROUP BY 1"),
      remove_(database.handle(), "DELETE FROM message WHERE mailbox = ?1 AND id <= ?2"),
      newest_(database.handle(), "SELECT ifnull(max(id), 0) FROM message WHERE mailbox = ?1"),
      sweep_end_(database.handle(),
                 "SELECT sender, client_id FROM append_id WHERE (sender, client_id) > (?1, ?2) ORDER BY sender, "
                 "client_id LIMIT 1 OFFSET ?3"),
      sweep_(database.handle(),
             "DELETE FROM append_id WHERE (sender, client_id) > (?1, ?2) AND (sender, client_id) <= (?3, ?4) AND "
             "appended_at < ?5") {}

Result<void> SqliteMailboxes::start(UnixMillis now) {
  const auto mark = setting("sequence");
  const auto epoch = setting("epoch");
  const auto restored = setting("restored");
  if (!mark || !epoch || !restored) return std::unexpected(StoreError::damaged);
  auto current = static_cast<std::uint64_t>(*epoch);
  auto sequence = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(*mark));
  if (*restored != 0) {
    current = std::max(current + 1, epoch_of_day(now));
    sequence = std::max(sequence, sequence_of_time(now));
    const auto raised = database_.execute("BEGIN IMMEDIATE; INSERT OR REPLACE INTO setting VALUES ('epoch', " +
                                          std::to_string(current) + "), ('sequence', " + std::to_string(sequence) +
                                          "); DELETE FROM setting WHERE name = 'restored'; COMMIT;");
    if (!raised) return raised;
  }
  if (current >= 1u << epoch_bits) return std::unexpected(StoreError::damaged);
  ids_.start(current, the_only_shard, sequence);
  return {};
}

Result<std::int64_t> SqliteMailboxes::setting(std::string_view name) {
  auto use = get_setting_.use();
  use.bind_text(name);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  return *row ? use.integer(0) : 0;
}

Result<void> SqliteMailboxes::set_setting(std::string_view name, std::int64_t value) {
  return put_setting_.use().bind_text(name).bind(value).run();
}

// The mark goes with the transaction that gives out the first id under it.
Result<MessageId> SqliteMailboxes::next_id() {
  if (const auto mark = ids_.wanted_mark(); mark != 0) {
    if (auto stored = set_setting("sequence", signed_of(mark)); !stored) return std::unexpected(stored.error());
    ids_.reserved(mark);
  }
  return ids_.next();
}

Result<SqliteMailboxes::Cached*> SqliteMailboxes::cached(MailboxId mailbox) {
  if (const auto known = cached_.find(mailbox.value); known != cached_.end()) return &known->second;
  const auto measured = measure(mailbox, all_ids);
  if (!measured) return std::unexpected(measured.error());
  if (cached_.size() >= max_cached_mailboxes) cached_.clear();
  return &cached_.emplace(mailbox.value, Cached{*measured, std::nullopt}).first->second;
}

Result<MailboxUsage> SqliteMailboxes::measure(MailboxId mailbox, std::int64_t up_to) {
  auto use = measure_.use();
  use.bind(mailbox.value).bind(up_to);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  return MailboxUsage{static_cast<std::uint32_t>(use.integer(0)), static_cast<std::uint64_t>(use.integer(1))};
}

Result<std::unordered_map<std::int64_t, MailboxUsage>> SqliteMailboxes::measure_accounts(MailboxId mailbox,
                                                                                         std::int64_t up_to) {
  std::unordered_map<std::int64_t, MailboxUsage> out;
  auto use = measure_accounts_.use();
  use.bind(mailbox.value).bind(up_to);
  while (true) {
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out[use.integer(0)] = {static_cast<std::uint32_t>(use.integer(1)), static_cast<std::uint64_t>(use.integer(2))};
  }
}

// limits.h: neither too much in all, nor more of this account than would be left for the others. In a mailbox that is
// half empty nobody can have so much, and nobody's part is measured.
Result<bool> SqliteMailboxes::has_room(Cached& mailbox, const NewMessage& message) {
  const auto all = with(mailbox.all, message.body.size());
  if (is_too_much(all)) return false;
  if (!is_too_much({2 * all.items, 2 * all.bytes})) return true;
  if (!mailbox.by_account) {
    auto measured = measure_accounts(message.to, all_ids);
    if (!measured) return std::unexpected(measured.error());
    mailbox.by_account = std::move(*measured);
  }
  const auto part = mailbox.by_account->find(message.from_account.value);
  const auto own = with(part != mailbox.by_account->end() ? part->second : MailboxUsage{}, message.body.size());
  return !is_too_much({all.items + own.items, all.bytes + own.bytes});
}

// What goes, from the parts of those who sent it.
Result<void> SqliteMailboxes::take_away(Cached& known, MailboxId mailbox, std::int64_t up_to) {
  if (!known.by_account) return {};
  const auto going = measure_accounts(mailbox, up_to);
  if (!going) return std::unexpected(going.error());
  for (const auto& [account, usage] : *going) {
    const auto part = known.by_account->find(account);
    if (part == known.by_account->end()) continue;
    part->second.items -= usage.items;
    part->second.bytes -= usage.bytes;
    if (part->second.items == 0) known.by_account->erase(part);
  }
  return {};
}

Result<Appended> SqliteMailboxes::known_append(const NewMessage& message) {
  auto use = find_id_.use();
  use.bind(message.from.value).bind(message.id);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row || !equal(use.blob(0), message.hash)) return Appended{AppendOutcome::conflict, {}};
  return Appended{AppendOutcome::duplicate, {static_cast<std::uint64_t>(use.integer(1))}};
}

Result<Appended> SqliteMailboxes::append(const NewMessage& message) {
  const auto mailbox = cached(message.to);
  if (!mailbox) return std::unexpected(mailbox.error());
  const auto room = has_room(**mailbox, message);
  if (!room) return std::unexpected(room.error());
  if (!*room) {
    // A retry of what was stored before is still answered as such.
    const auto known = known_append(message);
    if (!known || known->outcome == AppendOutcome::duplicate) return known;
    return Appended{AppendOutcome::quota, {}};
  }
  const auto id = next_id();
  if (!id) return std::unexpected(id.error());
  auto added = add_id_.use()
                   .bind(message.from.value)
                   .bind(message.id)
                   .bind(message.hash)
                   .bind(signed_of(id->value))
                   .bind(message.received_at.value)
                   .run();
  if (!added) return std::unexpected(added.error());
  if (database_.changes() == 0) return known_append(message);
  auto stored = add_message_.use()
                    .bind(signed_of(id->value))
                    .bind(message.to.value)
                    .bind(message.from.value)
                    .bind(message.id)
                    .bind(message.received_at.value)
                    .bind(static_cast<std::int64_t>(message.body.size()))
                    .bind(message.body)
                    .run();
  if (!stored) return std::unexpected(stored.error());
  (*mailbox)->all = with((*mailbox)->all, message.body.size());
  if (auto& parts = (*mailbox)->by_account) {
    auto& own = (*parts)[message.from_account.value];
    own = with(own, message.body.size());
  }
  ++appended_;
  return Appended{AppendOutcome::stored, *id};
}

Result<std::vector<StoredMessage>> SqliteMailboxes::read_after(MailboxId mailbox, MessageId cursor,
                                                               std::size_t max_items, std::size_t max_bytes) {
  std::vector<StoredMessage> messages;
  std::size_t bytes = 0;
  auto use = read_.use();
  use.bind(mailbox.value).bind(signed_of(cursor.value)).bind(static_cast<std::int64_t>(max_items));
  while (true) {
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return messages;
    bytes += static_cast<std::size_t>(use.integer(5));
    if (bytes > max_bytes && !messages.empty()) return messages;
    auto& message = messages.emplace_back();
    message.id = {static_cast<std::uint64_t>(use.integer(0))};
    message.from_account = use.text(1);
    message.from_device = static_cast<std::uint32_t>(use.integer(2));
    const auto client_id = use.blob(3);
    if (client_id.size() != message.client_id.size()) return std::unexpected(StoreError::damaged);
    std::ranges::copy(client_id, message.client_id.begin());
    message.received_at = {use.integer(4)};
    message.body = to_bytes(use.blob(6));
  }
}

Result<void> SqliteMailboxes::remove_up_to(MailboxId mailbox, MessageId cursor) {
  const auto known = cached(mailbox);
  if (!known) return std::unexpected(known.error());
  const auto up_to = signed_of(std::min(cursor.value, static_cast<std::uint64_t>(all_ids)));
  const auto going = measure(mailbox, up_to);
  if (!going) return std::unexpected(going.error());
  if (going->items == 0) return {};
  if (auto taken = take_away(**known, mailbox, up_to); !taken) return taken;
  if (auto removed = remove_.use().bind(mailbox.value).bind(up_to).run(); !removed) return removed;
  (*known)->all.items -= going->items;
  (*known)->all.bytes -= going->bytes;
  // Far below half nobody's part matters.
  if (!is_too_much({4 * (*known)->all.items, 4 * (*known)->all.bytes})) (*known)->by_account.reset();
  return {};
}

Result<void> SqliteMailboxes::remove_all(MailboxId mailbox) {
  cached_.erase(mailbox.value);
  return remove_.use().bind(mailbox.value).bind(all_ids).run();
}

Result<MailboxUsage> SqliteMailboxes::usage(MailboxId mailbox) {
  return cached(mailbox).transform([](const Cached* known) { return known->all; });
}

Result<MessageId> SqliteMailboxes::newest(MailboxId mailbox) {
  auto use = newest_.use();
  use.bind(mailbox.value);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  return MessageId{static_cast<std::uint64_t>(use.integer(0))};
}

Result<void> SqliteMailboxes::sweep(UnixMillis now) {
  // Twice as fast as ids come, so that it gets round the table however busy the server is.
  const auto step = std::min(max_sweep_step, sweep_step + 2 * std::exchange(appended_, 0));
  std::int64_t end_sender = std::numeric_limits<std::int64_t>::max();
  Bytes end_id;
  {
    auto use = sweep_end_.use();
    use.bind(sweep_sender_).bind(sweep_id_).bind(static_cast<std::int64_t>(step));
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (*row) {
      end_sender = use.integer(0);
      end_id = to_bytes(use.blob(1));
    }
  }
  auto swept = sweep_.use()
                   .bind(sweep_sender_)
                   .bind(sweep_id_)
                   .bind(end_sender)
                   .bind(end_id)
                   .bind((now - append_id_lifetime).value)
                   .run();
  // At the end of the table it begins again.
  sweep_sender_ = end_id.empty() ? 0 : end_sender;
  sweep_id_ = std::move(end_id);
  return swept;
}

}  // namespace pqc::server::storage
