#include "client/store/stranger_table.h"

#include "client/types.h"

namespace pqc::client {

Result<std::size_t> StrangerTable::count() {
  auto count = database_.one(
      "SELECT count(*) FROM contacts WHERE state = ?", [](const Row& row) { return row.integer(0); },
      ContactState::stranger);
  if (!count) return pass(count);
  return static_cast<std::size_t>(count->value_or(0));
}

Result<std::vector<std::int64_t>> StrangerTable::to_forget(std::size_t keep, UnixMillis before, std::string_view own) {
  std::vector<std::int64_t> out;
  std::size_t kept = 0;
  auto done = database_.each(
      "SELECT c.id, c.changed_record IS NOT NULL AND length(c.changed_record) > 0, max(c.added_at, coalesce((SELECT "
      "max(s.used_at) FROM sessions s WHERE s.contact = c.id), 0)) AS heard FROM contacts c WHERE c.state = ? AND "
      "c.blocked = 0 AND c.peer <> ? AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.contact = c.id) ORDER BY heard "
      "DESC, c.id DESC",
      [&](const Row& row) {
        const bool stays = row.integer(1) == 0 && row.time(2) >= before && kept < keep;
        if (stays)
          ++kept;
        else
          out.push_back(row.integer(0));
      },
      ContactState::stranger, own);
  if (!done) return pass(done);
  return out;
}

Status StrangerTable::forget(std::int64_t contact) {
  // Names of settings that end in a contact's number, or in that and a device's.
  for (const auto* const sql :
       {"DELETE FROM settings WHERE name IN ('record_spoken_of:' || ?1, 'record_speaker:' || ?1)",
        "DELETE FROM settings WHERE name GLOB 'restart:' || ?1 || ':*'",
        "DELETE FROM settings WHERE name GLOB 'repeat:' || ?1 || ':*'", "DELETE FROM outbox WHERE contact = ?1",
        "DELETE FROM expected_receipts WHERE contact = ?1", "DELETE FROM seen WHERE contact = ?1",
        "DELETE FROM removed WHERE contact = ?1", "DELETE FROM contacts WHERE id = ?1"})
    if (auto done = database_.run(sql, contact); !done) return done;
  return {};
}

Status StrangerTable::forget_news(UnixMillis before, std::size_t most) {
  if (auto done = database_.run("DELETE FROM notices"); !done) return done;
  return database_.run(
      "DELETE FROM seen WHERE at < ?1 OR at <= (SELECT at FROM seen ORDER BY at DESC LIMIT 1 OFFSET ?2)", before, most);
}

}  // namespace pqc::client
