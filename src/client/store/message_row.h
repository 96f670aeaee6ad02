// How a row of `messages` is read: the columns that every query of messages has, and what they become. For the tables
// of this folder.
#pragma once

#include <algorithm>

#include "client/store/message_table.h"

#define PQC_MESSAGE_FIELDS                                                                                  \
  "SELECT m.seq, m.id, c.peer, m.direction, m.device, m.sent_at, m.stored_at, m.kind, m.text, m.verified, " \
  "m.status, m.failure_code, m.failure, m.contact, m.suite, m.content, m.target, m.target_direction, "      \
  "m.revision, m.seconds, m.expires_at, m.edited, m.unsent, m.their_reaction, m.our_reaction, m.read_at "
#define PQC_MESSAGE_COLUMNS PQC_MESSAGE_FIELDS "FROM messages m JOIN contacts c ON c.id = m.contact "

namespace pqc::client {

inline MessageId read_message_id(ByteView bytes) {
  MessageId id{};
  std::ranges::copy_n(bytes.begin(), static_cast<std::ptrdiff_t>(std::min(bytes.size(), id.size())), id.begin());
  return id;
}

inline MessageRow read_message(const Row& row) {
  MessageRow out;
  auto& m = out.message;
  m.seq = row.integer(0);
  m.id = read_message_id(row.blob(1));
  m.peer = row.text(2);
  m.direction = static_cast<Direction>(row.integer(3));
  m.device = static_cast<std::uint32_t>(row.integer(4));
  m.sent_at = row.time(5);
  m.stored_at = row.time(6);
  m.kind = static_cast<MessageKind>(row.integer(7));
  m.text = row.text(8);
  m.verified = row.integer(9) != 0;
  m.status = static_cast<MessageStatus>(row.integer(10));
  m.failure = {static_cast<ExitCode>(row.integer(11)), row.text(12)};
  out.contact = row.integer(13);
  out.suite_number = static_cast<std::uint16_t>(row.integer(14));
  out.content = row.bytes(15);
  if (!row.is_null(16))
    m.target = MessageRef{.id = read_message_id(row.blob(16)), .direction = static_cast<Direction>(row.integer(17))};
  m.revision = static_cast<std::uint32_t>(row.integer(18));
  m.seconds = static_cast<std::uint32_t>(row.integer(19));
  m.expires_at = row.time(20);
  m.edited = row.integer(21) != 0;
  m.unsent = row.integer(22) != 0;
  m.their_reaction = row.text(23);
  m.our_reaction = row.text(24);
  m.read_at = row.time(25);
  return out;
}

}  // namespace pqc::client
