#include "client/store/call_table.h"

#include <algorithm>
#include <ranges>

#include "client/limits.h"

namespace pqc::client {
namespace {

constexpr std::string_view columns =
    "SELECT c.id, p.peer, c.direction, c.outcome, c.started, c.answered, c.ended, c.relayed, c.seq FROM calls c "
    "JOIN contacts p ON p.id = c.contact ";

CallRecord record_of(const Row& row) {
  return {.id = to_hex(row.blob(0)),
          .peer = row.text(1),
          .direction = static_cast<Direction>(row.integer(2)),
          .outcome = static_cast<CallOutcome>(row.integer(3)),
          .started = row.time(4),
          .answered = row.time(5),
          .ended = row.time(6),
          .relayed = row.integer(7) != 0,
          .goes_on = false};
}

}  // namespace

CallId id_of(const CallRecord& call) {
  CallId id{};
  const auto bytes = from_hex(call.id).value_or(Bytes());
  std::ranges::copy(bytes | std::views::take(id.size()), id.begin());
  return id;
}

Result<bool> CallTable::add(const CallRow& row) {
  if (auto done = database_.run(
          "INSERT INTO calls (id, contact, direction, outcome, started, answered, ended, relayed) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          row.id, row.contact, row.direction, row.outcome, row.started, row.answered, row.ended, row.relayed);
      !done)
    return pass(done);
  if (database_.changes() == 0) return false;
  // By when they began: old ones come with a backup or from another device at any time. Nothing is sorted where none is
  // too many.
  if (auto done = database_.run("DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE contact = ?1 "
                                "ORDER BY started, seq "
                                "LIMIT max(0, (SELECT count(*) FROM calls WHERE contact = ?1) - ?2))",
                                row.contact, limits::call_history_rows_of_one);
      !done)
    return pass(done);
  if (auto done = database_.run("DELETE FROM calls WHERE seq IN (SELECT seq FROM calls ORDER BY started, seq "
                                "LIMIT max(0, (SELECT count(*) FROM calls) - ?))",
                                limits::call_history_rows);
      !done)
    return pass(done);
  return true;
}

Status CallTable::set_end(const CallRow& row) {
  return database_.run("UPDATE calls SET outcome = ?2, answered = ?3, ended = ?4, relayed = ?5 WHERE id = ?1", row.id,
                       row.outcome, row.answered, row.ended, row.relayed);
}

Status CallTable::remove(const CallId& id) {
  return database_.run("DELETE FROM calls WHERE id = ?", id);
}

Result<std::vector<CallRecord>> CallTable::latest(std::size_t limit) {
  std::vector<CallRecord> out;
  auto done = database_.each(
      std::string(columns) + "ORDER BY c.started DESC, c.seq DESC LIMIT ?",
      [&out](const Row& row) { out.push_back(record_of(row)); }, limit);
  if (!done) return pass(done);
  return out;
}

Result<std::vector<NumberedCall>> CallTable::after(std::int64_t number, std::size_t limit) {
  std::vector<NumberedCall> out;
  auto done = database_.each(
      std::string(columns) + "WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
      [&out](const Row& row) { out.push_back({.number = row.integer(8), .call = record_of(row)}); }, number, limit);
  if (!done) return pass(done);
  return out;
}

Status CallTable::remove_with(std::int64_t contact) {
  return database_.run("DELETE FROM calls WHERE contact = ?", contact);
}

Status CallTable::remove_before(UnixMillis time) {
  return database_.run("DELETE FROM calls WHERE started < ?", time);
}

}  // namespace pqc::client
