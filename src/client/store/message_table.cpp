#include "client/store/message_table.h"

#include <algorithm>
#include <string>

#include "client/store/message_row.h"

namespace pqc::client {
namespace {

constexpr std::string_view by_seq = PQC_MESSAGE_COLUMNS "WHERE m.seq = ?";
constexpr std::string_view by_id = PQC_MESSAGE_COLUMNS "WHERE m.contact = ? AND m.direction = ? AND m.id = ?";
constexpr std::string_view last_of_contact =
    PQC_MESSAGE_COLUMNS "WHERE m.contact = ? AND m.kind NOT IN (3, 4, 5) ORDER BY m.seq DESC LIMIT ?";
constexpr std::string_view new_ones =
    PQC_MESSAGE_COLUMNS "WHERE m.shown = 0 AND m.direction = 0 ORDER BY m.seq LIMIT ?";
constexpr std::string_view unsealed =
    PQC_MESSAGE_COLUMNS "WHERE m.sealed = 0 AND m.direction = 1 AND m.status = 0 ORDER BY m.seq LIMIT ?";
constexpr std::string_view of_target =
    PQC_MESSAGE_COLUMNS "WHERE m.contact = ? AND m.target = ? AND m.target_direction = ? AND m.kind IN (3, 4, 5)";
constexpr std::string_view deciding = PQC_MESSAGE_COLUMNS
    "WHERE m.contact = ? AND m.target = ? AND m.target_direction = ? AND m.kind = ? AND m.direction = ? ORDER BY "
    "m.revision DESC, m.id DESC LIMIT 1";
constexpr std::string_view read_owed =
    PQC_MESSAGE_COLUMNS "JOIN owed_reads r ON r.message = m.seq ORDER BY m.contact, m.seq LIMIT ?";
constexpr std::string_view all_files = PQC_MESSAGE_COLUMNS
    "WHERE (?1 = 0 OR m.contact = ?1) AND m.kind = ?2 AND (m.expires_at IS NULL OR m.expires_at > ?3) ORDER BY m.seq "
    "DESC LIMIT ?4";
constexpr std::string_view by_digits = PQC_MESSAGE_COLUMNS
    "WHERE m.direction IN (0, 1) AND m.id >= ?1 AND m.id <= ?2 AND (?3 = 0 OR m.contact = ?3) LIMIT 3";

template <class... Args>
Result<std::vector<MessageRow>> many(Database& database, std::string_view sql, const Args&... args) {
  std::vector<MessageRow> rows;
  if (auto done = database.each(sql, [&](const Row& row) { rows.push_back(read_message(row)); }, args...); !done)
    return pass(done);
  return rows;
}

}  // namespace

Result<std::optional<std::int64_t>> MessageTable::add(const MessageRow& row) {
  const auto& m = row.message;
  std::optional<Bytes> content;
  if (!row.content.empty()) content = row.content;
  std::optional<MessageId> target;
  if (m.target) target = m.target->id;
  std::optional<std::int64_t> own_number;
  if (m.seq > 0) own_number = m.seq;
  if (auto done = database_.run(
          "INSERT INTO messages (seq, id, contact, direction, device, sent_at, stored_at, kind, text, content, suite, "
          "verified, status, target, target_direction, revision, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
          "?, ?, ?, ?, ?, ?) ON CONFLICT (contact, direction, id) DO NOTHING",
          own_number, m.id, row.contact, m.direction, m.device, m.sent_at, m.stored_at, m.kind, m.text, content,
          row.suite_number, m.verified, m.status, target, m.target ? m.target->direction : Direction::incoming,
          m.revision, m.seconds);
      !done)
    return pass(done);
  if (database_.changes() == 0) return std::nullopt;
  return database_.last_insert_id();
}

Result<std::optional<MessageRow>> MessageTable::find(std::int64_t seq) {
  return database_.one(by_seq, read_message, seq);
}

Result<std::optional<MessageRow>> MessageTable::find(std::int64_t contact, Direction direction, const MessageId& id) {
  return database_.one(by_id, read_message, contact, direction, id);
}

Result<std::vector<MessageRow>> MessageTable::history(std::int64_t contact, std::size_t limit) {
  auto rows = many(database_, last_of_contact, contact, limit);
  if (rows) std::ranges::reverse(*rows);
  return rows;
}

Result<std::vector<MessageRow>> MessageTable::not_shown(std::size_t limit) {
  return many(database_, new_ones, limit);
}

Status MessageTable::set_shown(std::int64_t seq, UnixMillis now) {
  return database_.run(
      "UPDATE messages SET shown = 1, expires_at = CASE WHEN seconds > 0 AND kind <> ?3 AND direction = 0 THEN "
      "coalesce(expires_at, ?2 + seconds * 1000) ELSE expires_at END WHERE seq = ?1",
      seq, now, MessageKind::timer);
}

Result<std::vector<MessageRow>> MessageTable::named(const MessageId& first, const MessageId& last,
                                                    std::int64_t contact) {
  return many(database_, by_digits, first, last, contact);
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

// 2: neither to be sealed nor sealed.
Status MessageTable::hold(std::int64_t seq) {
  return database_.run("UPDATE messages SET sealed = 2 WHERE seq = ? AND sealed = 0", seq);
}

Status MessageTable::set_content(std::int64_t seq, ByteView content) {
  return database_.run("UPDATE messages SET content = ? WHERE seq = ?", content, seq);
}

Status MessageTable::release(std::int64_t seq, ByteView content) {
  return database_.run("UPDATE messages SET sealed = 0, content = ?2 WHERE seq = ?1 AND sealed = 2", seq, content);
}

Result<std::vector<MessageRow>> MessageTable::files(std::int64_t contact, UnixMillis now, std::size_t limit) {
  auto rows = many(database_, all_files, contact, MessageKind::file, now, limit);
  if (rows) std::ranges::reverse(*rows);
  return rows;
}

Result<std::int64_t> MessageTable::unseal_unconfirmed(std::int64_t contact, std::size_t limit) {
  if (auto done = database_.run(
          "UPDATE messages SET sealed = 0, status = 0 WHERE seq IN (SELECT seq FROM messages WHERE contact = ? AND "
          "direction = 1 AND sealed = 1 AND status IN (0, 1) AND unsent = 0 ORDER BY seq DESC LIMIT ?)",
          contact, limit);
      !done)
    return pass(done);
  return database_.changes();
}

Status MessageTable::set_sent(std::int64_t seq, UnixMillis now) {
  if (auto done = database_.run("UPDATE messages SET status = ? WHERE seq = ? AND status = ?", MessageStatus::sent, seq,
                                MessageStatus::queued);
      !done)
    return done;
  return start_timer(seq, now);
}

Status MessageTable::set_delivered(std::int64_t seq, UnixMillis now) {
  if (auto done = database_.run("UPDATE messages SET status = ? WHERE seq = ?", MessageStatus::delivered, seq); !done)
    return done;
  return start_timer(seq, now);
}

Status MessageTable::start_timer(std::int64_t seq, UnixMillis now) {
  return database_.run(
      "UPDATE messages SET expires_at = ?2 + seconds * 1000 WHERE seq = ?1 AND expires_at IS NULL AND seconds > 0 AND "
      "kind <> ?3",
      seq, now, MessageKind::timer);
}

Status MessageTable::set_read(std::int64_t contact, const MessageId& id, UnixMillis now) {
  return database_.run("UPDATE messages SET read_at = ? WHERE contact = ? AND direction = 1 AND id = ? AND read_at = 0",
                       now, contact, id);
}

Status MessageTable::set_failed(std::int64_t seq, const Error& failure) {
  return database_.run("UPDATE messages SET status = ?, failure_code = ?, failure = ? WHERE seq = ?",
                       MessageStatus::failed, failure.code, failure.message, seq);
}

Result<std::vector<MessageRow>> MessageTable::changes_of(std::int64_t contact, const MessageRef& target) {
  return many(database_, of_target, contact, target.id, target.direction);
}

Result<std::optional<MessageRow>> MessageTable::deciding_change(std::int64_t contact, const MessageRef& target,
                                                                MessageKind kind, Direction author) {
  return database_.one(deciding, read_message, contact, target.id, target.direction, kind, author);
}

Result<std::size_t> MessageTable::count_changes(std::int64_t contact, const MessageRef& target, MessageKind kind,
                                                Direction author, std::size_t limit) {
  auto count = database_.one(
      "SELECT count(*) FROM (SELECT 1 FROM messages WHERE contact = ? AND target = ? AND target_direction = ? AND kind "
      "= ? AND direction = ? LIMIT ?)",
      [](const Row& row) { return row.integer(0); }, contact, target.id, target.direction, kind, author, limit);
  if (!count) return pass(count);
  return static_cast<std::size_t>(count->value_or(0));
}

// The index lists those with a text only, so that few rows are looked at however many there are.
Status MessageTable::wipe_superseded(std::int64_t contact, const MessageRef& target, MessageKind kind,
                                     Direction author) {
  return database_.run(
      "UPDATE messages SET text = '' WHERE seq IN (SELECT seq FROM messages WHERE contact = ?1 AND target = ?2 AND "
      "target_direction = ?3 AND kind = ?4 AND direction = ?5 AND text <> '' AND (direction = 0 OR status = ?6) AND "
      "seq "
      "<> (SELECT seq FROM messages WHERE contact = ?1 AND target = ?2 AND target_direction = ?3 AND kind = ?4 AND "
      "direction = ?5 ORDER BY revision DESC, id DESC LIMIT 1))",
      contact, target.id, target.direction, kind, author, MessageStatus::delivered);
}

Status MessageTable::set_effects(std::int64_t seq, const MessageEffects& effects) {
  if (effects.unsent)
    return database_.run(
        "UPDATE messages SET text = '', content = NULL, unsent = 1, edited = 0, their_reaction = '', our_reaction = "
        "'', sealed = 1 WHERE seq = ?",
        seq);
  if (effects.text)
    if (auto done = database_.run("UPDATE messages SET text = ?, edited = 1 WHERE seq = ?", *effects.text, seq); !done)
      return done;
  return database_.run("UPDATE messages SET their_reaction = ?, our_reaction = ? WHERE seq = ?", effects.their_reaction,
                       effects.our_reaction, seq);
}

Status MessageTable::wipe_text(std::int64_t seq) {
  return database_.run("UPDATE messages SET text = '', sealed = 1, unsent = 1 WHERE seq = ?", seq);
}

Status MessageTable::owe_read(std::int64_t seq) {
  return database_.run("INSERT INTO owed_reads (message) VALUES (?) ON CONFLICT DO NOTHING", seq);
}

Result<std::vector<MessageRow>> MessageTable::owed_reads(std::size_t limit) {
  return many(database_, read_owed, limit);
}

Status MessageTable::remove_owed_reads(std::int64_t contact) {
  return database_.run("DELETE FROM owed_reads WHERE message IN (SELECT seq FROM messages WHERE contact = ?)", contact);
}

Status MessageTable::remove_owed_read(std::int64_t seq) {
  return database_.run("DELETE FROM owed_reads WHERE message = ?", seq);
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
