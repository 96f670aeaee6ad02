#include "client/store/restored_rows.h"

#include "client/store/message_row.h"

namespace pqc::client {
namespace {

constexpr std::string_view all_after = PQC_MESSAGE_COLUMNS "WHERE m.seq > ? ORDER BY m.seq LIMIT ?";

}  // namespace

Result<std::vector<MessageRow>> RestoredRows::after(std::int64_t seq, std::size_t limit) {
  std::vector<MessageRow> rows;
  const auto add_row = [&](const Row& row) { rows.push_back(read_message(row)); };
  if (auto done = store_.database->each(all_after, add_row, seq, limit); !done) return pass(done);
  return rows;
}

Result<bool> RestoredRows::add(const MessageRow& row) {
  auto there = store_.messages.find(row.contact, row.message.direction, row.message.id);
  if (!there) return pass(there);
  if (*there) return false;
  auto seq = store_.messages.add(row);
  if (!seq) return pass(seq);
  if (!*seq) return false;
  const auto& m = row.message;
  std::optional<UnixMillis> expires_at;
  if (m.expires_at.value > 0) expires_at = m.expires_at;
  if (auto done = store_.database->run("UPDATE messages SET sealed = 1, shown = 1, failure_code = ?, failure = ?, "
                                       "expires_at = ?, edited = ?, unsent "
                                       "= ?, their_reaction = ?, our_reaction = ?, read_at = ? WHERE seq = ?",
                                       number(m.failure.code), m.failure.message, expires_at, m.edited, m.unsent,
                                       m.their_reaction, m.our_reaction, m.read_at, **seq);
      !done)
    return pass(done);
  return true;
}

Status RestoredRows::reserve_numbers(std::int64_t last) {
  auto& database = *store_.database;
  if (auto done = database.run("DELETE FROM sqlite_sequence WHERE name = 'messages'"); !done) return done;
  return database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', ?)", last);
}

Result<std::int64_t> RestoredRows::newest() {
  auto found = store_.database->one("SELECT max(seq) FROM messages", [](const Row& row) { return row.integer(0); });
  if (!found) return pass(found);
  return found->value_or(0);
}

Result<bool> RestoredRows::has_session(std::int64_t contact) {
  auto found = store_.database->one(
      "SELECT 1 FROM sessions WHERE contact = ? LIMIT 1", [](const Row& row) { return row.integer(0); }, contact);
  if (!found) return pass(found);
  return found->has_value();
}

}  // namespace pqc::client
