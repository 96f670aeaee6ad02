#include "client/store/session_table.h"

namespace pqc::client {
namespace {

constexpr std::string_view sending_sql =
    "SELECT id, contact, device, transcript, suite, sends, initial, state, created_at FROM sessions "
    "WHERE contact = ? AND device = ? AND sends = 1";
constexpr std::string_view device_sql =
    "SELECT id, contact, device, transcript, suite, sends, initial, state, created_at FROM sessions "
    "WHERE contact = ? AND device = ? ORDER BY sends DESC, used_at DESC, id DESC";
constexpr std::string_view transcript_sql =
    "SELECT id, contact, device, transcript, suite, sends, initial, state, created_at FROM sessions "
    "WHERE transcript = ?";

SessionRow read(const Row& row) {
  return {.id = row.integer(0),
          .contact = row.integer(1),
          .device = static_cast<std::uint32_t>(row.integer(2)),
          .transcript = row.bytes(3),
          .suite = static_cast<std::uint16_t>(row.integer(4)),
          .sends = row.integer(5) != 0,
          .initial = row.bytes(6),
          .state = SecretBytes(row.blob(7)),
          .created_at = row.time(8)};
}

}  // namespace

Result<std::optional<SessionRow>> SessionTable::sending(std::int64_t contact, std::uint32_t device) {
  return database_.one(sending_sql, read, contact, device);
}

Result<std::vector<SessionRow>> SessionTable::of_device(std::int64_t contact, std::uint32_t device) {
  std::vector<SessionRow> rows;
  if (auto done = database_.each(device_sql, [&](const Row& row) { rows.push_back(read(row)); }, contact, device);
      !done)
    return pass(done);
  return rows;
}

Result<std::optional<SessionRow>> SessionTable::find(ByteView transcript) {
  return database_.one(transcript_sql, read, transcript);
}

Result<std::int64_t> SessionTable::add(const SessionRow& session, std::size_t keep) {
  if (auto added = database_.run(
          "INSERT INTO sessions (contact, device, transcript, suite, sends, initial, state, created_at, used_at) "
          "VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?7)",
          session.contact, session.device, session.transcript, session.suite, session.initial, session.state,
          session.created_at);
      !added)
    return pass(added);
  const auto id = database_.last_insert_id();
  // The newcomer and the one that sends stay.
  if (auto trimmed = database_.run(
          "DELETE FROM sessions WHERE contact = ?1 AND device = ?2 AND id NOT IN (SELECT id FROM sessions WHERE "
          "contact = ?1 AND device = ?2 ORDER BY id = ?3 DESC, sends DESC, used_at DESC, id DESC LIMIT ?4)",
          session.contact, session.device, id, keep);
      !trimmed)
    return pass(trimmed);
  return id;
}

Status SessionTable::set_sending(const SessionRow& session) {
  return database_.run("UPDATE sessions SET sends = (id = ?3) WHERE contact = ?1 AND device = ?2", session.contact,
                       session.device, session.id);
}

Status SessionTable::save_state(std::int64_t id, const SecretBytes& state, UnixMillis now) {
  return database_.run("UPDATE sessions SET state = ?, used_at = ? WHERE id = ?", state, now, id);
}

Status SessionTable::clear_initial(std::int64_t id) {
  return database_.run("UPDATE sessions SET initial = NULL WHERE id = ? AND initial IS NOT NULL", id);
}

Status SessionTable::remove_all(std::int64_t contact) {
  return database_.run("DELETE FROM sessions WHERE contact = ?", contact);
}

}  // namespace pqc::client
