#include "client/store/session_table.h"

namespace pqc::client {
namespace {

constexpr std::string_view sending_sql =
    "SELECT id, contact, device, transcript, initial_hash, suite, sends, initial, state, created_at FROM sessions "
    "WHERE contact = ? AND device = ? AND sends = 1";
constexpr std::string_view device_sql =
    "SELECT id, contact, device, transcript, initial_hash, suite, sends, initial, state, created_at FROM sessions "
    "WHERE contact = ? AND device = ? ORDER BY sends DESC, used_at DESC, id DESC";
constexpr std::string_view initial_sql =
    "SELECT id, contact, device, transcript, initial_hash, suite, sends, initial, state, created_at FROM sessions "
    "WHERE initial_hash = ?";

SessionRow read(const Row& row) {
  return {.id = row.integer(0),
          .contact = row.integer(1),
          .device = static_cast<std::uint32_t>(row.integer(2)),
          .transcript = row.bytes(3),
          .initial_hash = row.bytes(4),
          .suite = static_cast<std::uint16_t>(row.integer(5)),
          .sends = row.integer(6) != 0,
          .initial = row.bytes(7),
          .state = SecretBytes(row.blob(8)),
          .created_at = row.time(9)};
}

}  // namespace

Result<std::optional<SessionRow>> SessionTable::sending(std::int64_t contact, std::uint32_t device) {
  return database_.one(sending_sql, read, contact, device);
}

Result<std::vector<SessionRow>> SessionTable::of_device(std::int64_t contact, std::uint32_t device) {
  std::vector<SessionRow> rows;
  if (auto done = database_.each(
          device_sql, [&](const Row& row) { rows.push_back(read(row)); }, contact, device);
      !done)
    return pass(done);
  return rows;
}

Result<std::optional<SessionRow>> SessionTable::begun_by(ByteView initial_hash) {
  return database_.one(initial_sql, read, initial_hash);
}

Result<std::int64_t> SessionTable::add(const SessionRow& session, std::size_t keep) {
  std::optional<Bytes> initial_hash;
  if (!session.initial_hash.empty()) initial_hash = session.initial_hash;
  if (auto added = database_.run(
          "INSERT INTO sessions (contact, device, transcript, initial_hash, suite, sends, initial, state, created_at, "
          "used_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?8)",
          session.contact, session.device, session.transcript, initial_hash, session.suite, session.initial,
          session.state, session.created_at);
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

Status SessionTable::remove_device(std::int64_t contact, std::uint32_t device) {
  return database_.run("DELETE FROM sessions WHERE contact = ? AND device = ?", contact, device);
}

Status SessionTable::remove_all(std::int64_t contact) {
  return database_.run("DELETE FROM sessions WHERE contact = ?", contact);
}

}  // namespace pqc::client
