#include "client/store/message_table.h"

#include <algorithm>
#include <string>

namespace pqc::client {
namespace {

// Every query of messages has these columns.
#define PQC_MESSAGE_COLUMNS                                                                                       \
  "SELECT m.seq, m.id, c.peer, m.direction, m.device, m.sent_at, m.stored_at, m.kind, m.text, m.verified, "       \
  "m.status, m.failure_code, m.failure, m.contact, m.suite, m.content FROM messages m JOIN contacts c ON c.id = " \
  "m.contact "

constexpr std::string_view by_seq = PQC_MESSAGE_COLUMNS "WHERE m.seq = ?";
constexpr std::string_view by_id = PQC_MESSAGE_COLUMNS "WHERE m.contact = ? AND m.direction = ? AND m.id = ?";
constexpr std::string_view last_of_contact = PQC_MESSAGE_COLUMNS "WHERE m.contact = ? ORDER BY m.seq DESC LIMIT ?";
constexpr std::string_view new_ones =
    PQC_MESSAGE_COLUMNS "WHERE m.shown = 0 AND m.direction = 0 ORDER BY m.seq LIMIT ?";
constexpr std::string_view unsealed =
    PQC_MESSAGE_COLUMNS "WHERE m.sealed = 0 AND m.direction = 1 AND m.status = 0 ORDER BY m.seq LIMIT ?";
#undef PQC_MESSAGE_COLUMNS

MessageId read_id(ByteView bytes) {
  MessageId id{};
  std::ranges::copy_n(bytes.begin(), static_cast<std::ptrdiff_t>(std::min(bytes.size(), id.size())), id.begin());
  return id;
}

MessageRow read(const Row& row) {
  MessageRow out;
  out.message = {.seq = row.integer(0),
                 .id = read_id(row.blob(1)),
                 .peer = row.text(2),
                 .direction = static_cast<Direction>(row.integer(3)),
                 .device = static_cast<std::uint32_t>(row.integer(4)),
                 .sent_at = row.time(5),
                 .stored_at = row.time(6),
                 .kind = static_cast<MessageKind>(row.integer(7)),
                 .text = row.text(8),
                 .suite = {},
                 .verified = row.integer(9) != 0,
                 .status = static_cast<MessageStatus>(row.integer(10)),
                 .failure = {static_cast<ExitCode>(row.integer(11)), row.text(12)}};
  out.contact = row.integer(13);
  out.suite_number = static_cast<std::uint16_t>(row.integer(14));
  out.content = row.bytes(15);
  return out;
}

template <class... Args>
Result<std::vector<MessageRow>> many(Database& database, std::string_view sql, const Args&... args) {
  std::vector<MessageRow> rows;
  if (auto done = database.each(sql, [&](const Row& row) { rows.push_back(read(row)); }, args...); !done)
    return pass(done);
  return rows;
}

}  // namespace

Result<std::optional<std::int64_t>> MessageTable::add(const MessageRow& row) {
  const auto& m = row.message;
  std::optional<Bytes> content;
  if (!row.content.empty()) content = row.content;
  if (auto done = database_.run(
          "INSERT INTO messages (id, contact, direction, device, sent_at, stored_at, kind, text, content, suite, "
          "verified, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (contact, direction, id) DO "
          "NOTHING",
          m.id, row.contact, m.direction, m.device, m.sent_at, m.stored_at, m.kind, m.text, content, row.suite_number,
          m.verified, m.status);
      !done)
    return pass(done);
  if (database_.changes() == 0) return std::nullopt;
  return database_.last_insert_id();
}

Result<std::optional<MessageRow>> MessageTable::find(std::int64_t seq) {
  return database_.one(by_seq, read, seq);
}

Result<std::optional<MessageRow>> MessageTable::find(std::int64_t contact, Direction direction, const MessageId& id) {
  return database_.one(by_id, read, contact, direction, id);
}

Result<std::vector<MessageRow>> MessageTable::history(std::int64_t contact, std::size_t limit) {
  auto rows = many(database_, last_of_contact, contact, limit);
  if (rows) std::ranges::reverse(*rows);
  return rows;
}

Result<std::vector<MessageRow>> MessageTable::not_shown(std::size_t limit) {
  return many(database_, new_ones, limit);
}

Status MessageTable::set_shown(std::int64_t seq) {
  return database_.run("UPDATE messages SET shown = 1 WHERE seq = ?", seq);
}

Result<std::vector<MessageRow>> MessageTable::to_seal(std::size_t limit) {
  return many(database_, unsealed, limit);
}

Result<std::optional<std::int64_t>> MessageTable::first_to_seal(std::int64_t contact) {
  return database_.one(
      "SELECT seq FROM messages WHERE contact = ? AND sealed = 0 AND direction = 1 AND status = 0 ORDER BY seq LIMIT 1",
      [](const Row& row) { return row.integer(0); }, contact);
}

Status MessageTable::set_sealed(std::int64_t seq, std::uint16_t suite) {
  return database_.run("UPDATE messages SET sealed = 1, suite = ? WHERE seq = ?", suite, seq);
}

Result<std::int64_t> MessageTable::unseal_unconfirmed(std::int64_t contact, std::size_t limit) {
  if (auto done = database_.run(
          "UPDATE messages SET sealed = 0, status = 0 WHERE seq IN (SELECT seq FROM messages WHERE contact = ? AND "
          "direction = 1 AND sealed = 1 AND status IN (0, 1) ORDER BY seq DESC LIMIT ?)",
          contact, limit);
      !done)
    return pass(done);
  return database_.changes();
}

Status MessageTable::set_sent(std::int64_t seq) {
  return database_.run("UPDATE messages SET status = ? WHERE seq = ? AND status = ?", MessageStatus::sent, seq,
                       MessageStatus::queued);
}

Status MessageTable::set_delivered(std::int64_t seq) {
  return database_.run("UPDATE messages SET status = ? WHERE seq = ?", MessageStatus::delivered, seq);
}

Status MessageTable::set_failed(std::int64_t seq, const Error& failure) {
  return database_.run("UPDATE messages SET status = ?, failure_code = ?, failure = ? WHERE seq = ?",
                       MessageStatus::failed, failure.code, failure.message, seq);
}

Result<std::int64_t> MessageTable::add_notice(NoticeKind kind, std::string_view peer, std::string_view text,
                                              UnixMillis now) {
  if (auto done =
          database_.run("INSERT INTO notices (kind, peer, text, at) VALUES (?, ?, ?, ?)", kind, peer, text, now);
      !done)
    return pass(done);
  return database_.last_insert_id();
}

Result<std::vector<Notice>> MessageTable::notices_not_shown() {
  std::vector<Notice> rows;
  auto done =
      database_.each("SELECT seq, kind, peer, text, at FROM notices WHERE shown = 0 ORDER BY seq", [&](const Row& row) {
        rows.push_back({.seq = row.integer(0),
                        .kind = static_cast<NoticeKind>(row.integer(1)),
                        .peer = row.text(2),
                        .text = row.text(3),
                        .at = row.time(4)});
      });
  if (!done) return pass(done);
  return rows;
}

Result<bool> MessageTable::announced_since(NoticeKind kind, std::string_view peer, UnixMillis time) {
  auto found = database_.one(
      "SELECT 1 FROM notices WHERE kind = ? AND peer = ? AND at > ? AND shown = 0 LIMIT 1",
      [](const Row& row) { return row.integer(0); }, kind, peer, time);
  if (!found) return pass(found);
  return found->has_value();
}

Status MessageTable::set_notice_shown(std::int64_t seq) {
  return database_.run("UPDATE notices SET shown = 1 WHERE seq = ?", seq);
}

}  // namespace pqc::client
