#include "client/store/erasure.h"

#include <limits>

#include "client/attachments/part_file.h"
#include "client/limits.h"
#include "client/store/transfer_table.h"

namespace pqc::client {
namespace {

// From so many rows on, rewriting the index once is quicker than erasing each row's words in it.
constexpr std::size_t many_rows = 64;

std::int64_t number(const Row& row) {
  return row.integer(0);
}

}  // namespace

Status Erasure::remove(std::int64_t seq, UnixMillis now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return pass(transaction);
  std::vector<std::string> files;
  if (auto done = remove_row(seq, now, files); !done) return done;
  if (auto done = transaction->commit(); !done) return done;
  for (const auto& file : files) remove_part(file);
  return {};
}

// `files` gets the unfinished ones, which are to be removed after the commit.
Status Erasure::remove_row(std::int64_t seq, UnixMillis now, std::vector<std::string>& files) {
  std::vector<std::int64_t> rows{seq};
  if (auto done = database_.each(
          "SELECT e.seq FROM messages m JOIN messages e ON e.contact = m.contact AND e.target = m.id AND "
          "e.target_direction = m.direction WHERE m.seq = ? AND e.kind IN (3, 4, 5) AND NOT (e.direction = 1 AND "
          "e.status = 0)",
          [&](const Row& row) { rows.push_back(row.integer(0)); }, seq);
      !done)
    return done;
  for (const auto row : rows) {
    auto file = TransferTable(database_).unfinished_file(row);
    if (!file) return pass(file);
    if (*file) files.push_back(std::move(**file));
    for (const auto* const sql :
         {"DELETE FROM outbox WHERE message = ?", "DELETE FROM expected_receipts WHERE message = ?",
          "DELETE FROM owed_reads WHERE message = ?", "DELETE FROM transfers WHERE message = ?"})
      if (auto done = database_.run(sql, row); !done) return done;
    if (auto done = database_.run("INSERT INTO removed (contact, id, at) SELECT contact, id, ?2 FROM messages WHERE "
                                  "seq = ?1 AND direction = 0 ON CONFLICT DO NOTHING",
                                  row, now);
        !done)
      return done;
    if (auto done = database_.run("DELETE FROM messages WHERE seq = ?", row); !done) return done;
  }
  return {};
}

// Between begin and end the index only notes what is gone; at the end it is written anew without it.
Status Erasure::erase_words_at_once(bool begin) {
  if (begin) return database_.run("INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 0)");
  if (auto done = database_.run("INSERT INTO message_words (message_words) VALUES ('optimize')"); !done) return done;
  return database_.run("INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1)");
}

Result<std::size_t> Erasure::remove_all(std::string_view query, std::int64_t value, std::size_t limit, UnixMillis now) {
  std::vector<std::int64_t> rows;
  if (auto done = database_.each(query, [&](const Row& row) { rows.push_back(row.integer(0)); }, value, limit); !done)
    return pass(done);
  if (rows.empty()) return 0;
  auto transaction = Transaction::begin(database_);
  if (!transaction) return pass(transaction);
  const bool many = rows.size() >= many_rows;
  if (many)
    if (auto done = erase_words_at_once(true); !done) return pass(done);
  std::vector<std::string> files;
  for (const auto row : rows)
    if (auto done = remove_row(row, now, files); !done) return pass(done);
  if (many)
    if (auto done = erase_words_at_once(false); !done) return pass(done);
  if (auto done = transaction->commit(); !done) return pass(done);
  for (const auto& file : files) remove_part(file);
  return rows.size();
}

Status Erasure::remove_conversation(std::int64_t contact, UnixMillis now) {
  auto removed = remove_all("SELECT seq FROM messages WHERE contact = ? LIMIT ?", contact,
                            std::numeric_limits<std::int64_t>::max(), now);
  if (!removed) return pass(removed);
  return {};
}

Result<bool> Erasure::remove_expired(UnixMillis now) {
  auto removed = remove_all(
      "SELECT seq FROM messages WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?",
      now.value, limits::erased_at_once, now);
  if (!removed) return pass(removed);
  return *removed == limits::erased_at_once;
}

Result<std::optional<UnixMillis>> Erasure::next_expiry() {
  return database_.one("SELECT expires_at FROM messages WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1",
                       [](const Row& row) { return row.time(0); });
}

// Messages are stored in the order of time, so the oldest rows are the ones to look at.
Result<bool> Erasure::remove_stored_before(UnixMillis time, UnixMillis now) {
  auto removed =
      remove_all("SELECT seq FROM (SELECT seq, stored_at FROM messages ORDER BY seq LIMIT ?2) WHERE stored_at < ?1",
                 time.value, limits::erased_at_once, now);
  if (!removed) return pass(removed);
  return *removed == limits::erased_at_once;
}

Result<bool> Erasure::was_removed(std::int64_t contact, const MessageId& id) {
  auto found = database_.one("SELECT 1 FROM removed WHERE contact = ? AND id = ?", number, contact, id);
  if (!found) return pass(found);
  return found->has_value();
}

Status Erasure::forget_removed_before(UnixMillis time) {
  return database_.run("DELETE FROM removed WHERE at < ?", time);
}

Result<bool> Erasure::vacuum_step() {
  auto before = database_.pragma("freelist_count");
  if (!before) return pass(before);
  if (*before == 0) return false;
  const auto step = "PRAGMA incremental_vacuum(" + std::to_string(limits::vacuum_pages) + ")";
  if (auto done = database_.script(step.c_str()); !done) return pass(done);
  return static_cast<std::size_t>(*before) > limits::vacuum_pages;
}

}  // namespace pqc::client
