#include "client/store/contact_table.h"

namespace pqc::client {
namespace {

constexpr std::string_view by_peer =
    "SELECT id, peer, state, verified, record, record_at, changed_record, level, suite, blocked, timer, "
    "timer_revision, timer_change FROM contacts WHERE peer = ?";
constexpr std::string_view by_id =
    "SELECT id, peer, state, verified, record, record_at, changed_record, level, suite, blocked, timer, "
    "timer_revision, timer_change FROM contacts WHERE id = ?";
constexpr std::string_view in_order =
    "SELECT id, peer, state, verified, record, record_at, changed_record, level, suite, blocked, timer, "
    "timer_revision, timer_change FROM contacts ORDER BY peer";

std::optional<std::int64_t> optional_number(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

ContactRow read(const Row& row) {
  return {.id = row.integer(0),
          .peer = row.text(1),
          .state = static_cast<ContactState>(row.integer(2)),
          .verified = row.integer(3) != 0,
          .record = row.bytes(4),
          .record_at = row.time(5),
          .changed_record = row.bytes(6),
          .level = optional_number(row, 7),
          .suite = optional_number(row, 8),
          .barred = row.integer(9) != 0,
          .timer = static_cast<std::uint32_t>(row.integer(10)),
          .timer_revision = static_cast<std::uint32_t>(row.integer(11)),
          .timer_change = row.bytes(12)};
}

}  // namespace

Result<std::optional<ContactRow>> ContactTable::find(std::string_view peer) {
  return database_.one(by_peer, read, peer);
}

Result<std::optional<ContactRow>> ContactTable::find(std::int64_t id) {
  return database_.one(by_id, read, id);
}

Result<std::vector<ContactRow>> ContactTable::all() {
  std::vector<ContactRow> rows;
  if (auto done = database_.each(in_order, [&](const Row& row) { rows.push_back(read(row)); }); !done)
    return pass(done);
  return rows;
}

Result<ContactRow> ContactTable::find_or_add(std::string_view peer, ContactState state, UnixMillis now) {
  auto found = find(peer);
  if (!found) return pass(found);
  if (*found) return **found;
  if (auto added = database_.run("INSERT INTO contacts (peer, state, added_at) VALUES (?, ?, ?)", peer, state, now);
      !added)
    return pass(added);
  ContactRow row;
  row.id = database_.last_insert_id();
  row.peer = peer;
  row.state = state;
  return row;
}

Status ContactTable::set_state(std::int64_t id, ContactState state) {
  return database_.run("UPDATE contacts SET state = ? WHERE id = ?", state, id);
}

Status ContactTable::set_verified(std::int64_t id, bool verified) {
  return database_.run("UPDATE contacts SET verified = ? WHERE id = ?", verified, id);
}

Status ContactTable::pin_record(std::int64_t id, ByteView record, UnixMillis now) {
  return database_.run("UPDATE contacts SET record = ?, record_at = ? WHERE id = ?", record, now, id);
}

Status ContactTable::set_record_age(std::int64_t id, UnixMillis at) {
  return database_.run("UPDATE contacts SET record_at = ? WHERE id = ?", at, id);
}

Status ContactTable::set_changed_record(std::int64_t id, ByteView record) {
  return database_.run("UPDATE contacts SET changed_record = ? WHERE id = ?", record, id);
}

Status ContactTable::pin_suite(std::int64_t id, std::int64_t level, std::int64_t suite) {
  return database_.run("UPDATE contacts SET level = ?, suite = ? WHERE id = ?", level, suite, id);
}

Status ContactTable::set_barred(std::int64_t id, bool barred) {
  return database_.run("UPDATE contacts SET blocked = ? WHERE id = ?", barred, id);
}

Status ContactTable::set_timer(std::int64_t id, std::uint32_t seconds, std::uint32_t revision, ByteView change) {
  return database_.run("UPDATE contacts SET timer = ?, timer_revision = ?, timer_change = ? WHERE id = ?", seconds,
                       revision, change, id);
}

Result<std::int64_t> ContactTable::messages(std::int64_t id) {
  auto count = database_.one(
      "SELECT count(*) FROM messages WHERE contact = ? AND kind NOT IN (3, 4, 5)",
      [](const Row& row) { return row.integer(0); }, id);
  if (!count) return pass(count);
  return count->value_or(0);
}

Status ContactTable::unpin_suite(std::int64_t id) {
  return database_.run("UPDATE contacts SET level = NULL, suite = NULL WHERE id = ?", id);
}

}  // namespace pqc::client
