// Messages in both directions, and notices to the user.
#pragma once

#include <optional>
#include <vector>

#include "client/store/database.h"
#include "client/types.h"

namespace pqc::client {

// A message with what only the library needs.
struct MessageRow {
  Message message;  // `suite` is left empty, `suite_number` counts
  std::int64_t contact = 0;
  std::uint16_t suite_number = 0;
  Bytes content;  // as it came, for kinds this version does not know
};

class MessageTable {
 public:
  explicit MessageTable(Database& database) : database_(database) {}

  // Adds it and answers its seq; nothing when the contact's message of that id and direction is there already.
  Result<std::optional<std::int64_t>> add(const MessageRow& row);
  Result<std::optional<MessageRow>> find(std::int64_t seq);
  Result<std::optional<MessageRow>> find(std::int64_t contact, Direction direction, const MessageId& id);

  // The last `limit` with a contact, oldest first.
  Result<std::vector<MessageRow>> history(std::int64_t contact, std::size_t limit);
  // Incoming ones that no front end has shown yet, oldest first.
  Result<std::vector<MessageRow>> not_shown(std::size_t limit);
  Status set_shown(std::int64_t seq);

  // Outgoing ones without ciphertext, oldest first. `contact` 0: of all.
  Result<std::vector<MessageRow>> to_seal(std::size_t limit);
  Result<std::optional<std::int64_t>> first_to_seal(std::int64_t contact);
  Status set_sealed(std::int64_t seq, std::uint16_t suite);
  // Outgoing ones to a contact that were sealed but not confirmed, the newest `limit`, are sealed again.
  Result<std::int64_t> unseal_unconfirmed(std::int64_t contact, std::size_t limit);

  // The server has it; no step back from delivered.
  Status set_sent(std::int64_t seq);
  Status set_delivered(std::int64_t seq);
  Status set_failed(std::int64_t seq, const Error& failure);

  Result<std::int64_t> add_notice(NoticeKind kind, std::string_view peer, std::string_view text, UnixMillis now);
  Result<std::vector<Notice>> notices_not_shown();
  // Whether there is one of this kind and peer, made after `time`, that was not shown.
  Result<bool> announced_since(NoticeKind kind, std::string_view peer, UnixMillis time);
  Status set_notice_shown(std::int64_t seq);

 private:
  Database& database_;
};

}  // namespace pqc::client
