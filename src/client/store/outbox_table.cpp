#include "client/store/outbox_table.h"

#include <algorithm>

namespace pqc::client {
namespace {

std::array<std::uint8_t, 16> read_16(ByteView bytes) {
  std::array<std::uint8_t, 16> out{};
  std::ranges::copy_n(bytes.begin(), static_cast<std::ptrdiff_t>(std::min(bytes.size(), out.size())), out.begin());
  return out;
}

Result<bool> any(Result<std::optional<std::int64_t>> found) {
  if (!found) return pass(found);
  return found->has_value();
}

std::int64_t first_column(const Row& row) {
  return row.integer(0);
}

}  // namespace

Status OutboxTable::add(const OutboxRow& row, UnixMillis now) {
  return database_.run("INSERT INTO outbox (id, contact, device, body, message, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                       row.id, row.contact, row.device, row.body, row.message, now);
}

Result<std::vector<OutboxRow>> OutboxTable::next(std::int64_t after, std::size_t limit, std::size_t bytes) {
  std::vector<OutboxRow> rows;
  auto done = database_.each(
      "SELECT o.seq, o.id, o.contact, c.peer, o.device, o.body, o.message FROM (SELECT seq, sum(size) OVER (ORDER BY "
      "seq) AS total FROM (SELECT seq, length(body) AS size FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2)) n JOIN "
      "outbox o ON o.seq = n.seq JOIN contacts c ON c.id = o.contact WHERE n.total <= ?3 OR n.total = length(o.body) "
      "ORDER BY o.seq",
      [&](const Row& row) {
        OutboxRow out{.seq = row.integer(0),
                      .id = read_16(row.blob(1)),
                      .contact = row.integer(2),
                      .peer = row.text(3),
                      .device = static_cast<std::uint32_t>(row.integer(4)),
                      .body = row.bytes(5),
                      .message = std::nullopt};
        if (!row.is_null(6)) out.message = row.integer(6);
        rows.push_back(std::move(out));
      },
      after, limit, bytes);
  if (!done) return pass(done);
  return rows;
}

Result<bool> OutboxTable::remove(std::int64_t seq) {
  if (auto done = database_.run("DELETE FROM outbox WHERE seq = ?", seq); !done) return pass(done);
  return database_.changes() > 0;
}

Result<bool> OutboxTable::holds(std::int64_t message) {
  return any(database_.one("SELECT 1 FROM outbox WHERE message = ? LIMIT 1", first_column, message));
}

Result<std::int64_t> OutboxTable::size() {
  auto count = database_.one("SELECT count(*) FROM outbox", first_column);
  if (!count) return pass(count);
  return count->value_or(0);
}

Status OutboxTable::drop_messages_to(std::int64_t contact) {
  return database_.run("DELETE FROM outbox WHERE contact = ? AND message IS NOT NULL", contact);
}

Status OutboxTable::drop_message(std::int64_t message) {
  if (auto done = database_.run("DELETE FROM outbox WHERE message = ?", message); !done) return done;
  return database_.run("DELETE FROM expected_receipts WHERE message = ?", message);
}

Status OutboxTable::expect_receipt(const ReceiptTag& tag, std::int64_t message, std::int64_t contact,
                                   std::uint32_t device) {
  return database_.run("INSERT INTO expected_receipts (tag, message, contact, device) VALUES (?, ?, ?, ?)", tag,
                       message, contact, device);
}

Result<std::optional<std::int64_t>> OutboxTable::take_expected(const ReceiptTag& tag, std::int64_t contact,
                                                               std::uint32_t device) {
  return database_.one("DELETE FROM expected_receipts WHERE tag = ? AND contact = ? AND device = ? RETURNING message",
                       first_column, tag, contact, device);
}

Result<bool> OutboxTable::expects_more(std::int64_t message) {
  return any(database_.one("SELECT 1 FROM expected_receipts WHERE message = ? LIMIT 1", first_column, message));
}

Status OutboxTable::drop_expected(std::int64_t contact) {
  return database_.run("DELETE FROM expected_receipts WHERE contact = ?", contact);
}

Status OutboxTable::drop_expected_of(std::int64_t message, std::uint32_t device) {
  return database_.run("DELETE FROM expected_receipts WHERE message = ? AND device = ?", message, device);
}

Status OutboxTable::owe_receipt(std::int64_t contact, std::uint32_t device, const ReceiptTag& tag) {
  return database_.run("INSERT INTO owed_receipts (contact, device, tag) VALUES (?, ?, ?)", contact, device, tag);
}

Result<std::vector<OwedReceipt>> OutboxTable::owed(std::size_t limit) {
  std::vector<OwedReceipt> rows;
  auto done = database_.each(
      "SELECT r.seq, r.contact, r.device, r.tag FROM owed_receipts r JOIN contacts c ON c.id = r.contact WHERE "
      "c.state = ? AND c.blocked = 0 ORDER BY r.contact, r.device, r.seq LIMIT ?",
      [&](const Row& row) {
        rows.push_back({.seq = row.integer(0),
                        .contact = row.integer(1),
                        .device = static_cast<std::uint32_t>(row.integer(2)),
                        .tag = read_16(row.blob(3))});
      },
      ContactState::accepted, limit);
  if (!done) return pass(done);
  return rows;
}

Status OutboxTable::remove_owed(std::int64_t seq) {
  return database_.run("DELETE FROM owed_receipts WHERE seq = ?", seq);
}

Status OutboxTable::forget_owed(std::int64_t contact) {
  return database_.run("DELETE FROM owed_receipts WHERE contact = ?", contact);
}

Result<bool> OutboxTable::seen(std::int64_t contact, ByteView id) {
  return any(database_.one("SELECT 1 FROM seen WHERE contact = ? AND id = ?", first_column, contact, id));
}

Status OutboxTable::set_seen(std::int64_t contact, ByteView id, UnixMillis now) {
  return database_.run("INSERT INTO seen (contact, id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", contact, id, now);
}

Status OutboxTable::forget_seen_before(UnixMillis time) {
  return database_.run("DELETE FROM seen WHERE at < ?", time);
}

}  // namespace pqc::client
