#include "client/store/restored_rows.h"

#include <string>

#include "client/store/message_row.h"

namespace pqc::client {
namespace {

constexpr std::string_view all_after = PQC_MESSAGE_COLUMNS "WHERE m.seq > ? ORDER BY m.seq LIMIT ?";

std::string greeting_setting(std::int64_t contact) {
  return "greet:" + std::to_string(contact);
}

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
  auto numbered = row;
  auto taken = store_.messages.find(row.message.seq);
  if (!taken) return pass(taken);
  if (*taken) numbered.message.seq = 0;
  auto seq = store_.messages.add(numbered);
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

Status RestoredRows::note_whom_to_greet(std::string_view own_name, const std::vector<ContactRow>& contacts) {
  auto transaction = store_.begin();
  if (!transaction) return pass(transaction);
  for (const auto& row : contacts) {
    if (row.state != ContactState::accepted || row.barred || row.record.empty() || row.peer == own_name) continue;
    auto known = has_session(row.id);
    if (!known) return pass(known);
    if (*known) continue;
    if (auto done = store_.account.set_number(greeting_setting(row.id), 1); !done) return done;
  }
  if (auto done = store_.account.set_number(setting::restored, 2); !done) return done;
  return transaction->commit();
}

Result<std::vector<std::int64_t>> RestoredRows::to_greet(std::string_view own_name) {
  std::vector<std::int64_t> out;
  auto restored = store_.account.number(setting::restored);
  if (!restored) return pass(restored);
  if (restored->value_or(0) == 0) return out;
  auto contacts = store_.contacts.all();
  if (!contacts) return pass(contacts);
  if (restored->value_or(0) == 1)
    if (auto done = note_whom_to_greet(own_name, *contacts); !done) return pass(done);
  for (const auto& row : *contacts) {
    auto owed = store_.account.number(greeting_setting(row.id));
    if (!owed) return pass(owed);
    if (owed->value_or(0) == 1 && !row.barred) out.push_back(row.id);
  }
  if (!out.empty()) return out;
  if (auto done = store_.account.set_number(setting::restored, 0); !done) return pass(done);
  return out;
}

Status RestoredRows::set_greeted(std::int64_t contact) {
  return store_.account.set_number(greeting_setting(contact), 0);
}

}  // namespace pqc::client
