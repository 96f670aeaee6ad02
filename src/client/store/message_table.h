// Messages in both directions, and notices to the user.
#pragma once

#include <optional>
#include <string>
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

// What edits, reactions and unsends have made of a message.
struct MessageEffects {
  bool unsent = false;
  std::optional<std::string> text;
  std::string their_reaction;
  std::string our_reaction;
};

class MessageTable {
 public:
  explicit MessageTable(Database& database) : database_(database) {}

  // Adds it and answers its seq; nothing when the contact's message of that id and direction is there already.
  Result<std::optional<std::int64_t>> add(const MessageRow& row);
  Result<std::optional<MessageRow>> find(std::int64_t seq);
  Result<std::optional<MessageRow>> find(std::int64_t contact, Direction direction, const MessageId& id);

  // Those whose id lies in the range, of one contact or (0) of all; at most three.
  Result<std::vector<MessageRow>> named(const MessageId& first, const MessageId& last, std::int64_t contact);

  // The last `limit` with a contact that are shown on their own, oldest first.
  Result<std::vector<MessageRow>> history(std::int64_t contact, std::size_t limit);
  // Incoming ones that no front end has shown yet, oldest first.
  Result<std::vector<MessageRow>> not_shown(std::size_t limit);
  // It was read: its time begins to run, if it has one.
  Status set_shown(std::int64_t seq, UnixMillis now);

  // Outgoing ones without ciphertext, oldest first. `contact` 0: of all.
  Result<std::vector<MessageRow>> to_seal(std::size_t limit);
  Result<std::optional<std::int64_t>> first_to_seal(std::int64_t contact);
  Status set_sealed(std::int64_t seq, std::uint16_t suite);
  // One whose file is not at the server yet is not sealed before it is released, with the content that it then has.
  Status hold(std::int64_t seq);
  Status set_content(std::int64_t seq, ByteView content);
  Status release(std::int64_t seq, ByteView content);
  // Files of one contact or (0) of all, the newest `limit`, oldest first.
  Result<std::vector<MessageRow>> files(std::int64_t contact, UnixMillis now, std::size_t limit);
  // Outgoing ones to a contact that were sealed but not confirmed, the newest `limit`, are sealed again.
  Result<std::int64_t> unseal_unconfirmed(std::int64_t contact, std::size_t limit);

  // The server has it; no step back from delivered.
  Status set_sent(std::int64_t seq, UnixMillis now);
  Status set_delivered(std::int64_t seq, UnixMillis now);
  Status set_failed(std::int64_t seq, const Error& failure);

  // The contact has read our message of this id.
  Status set_read(std::int64_t contact, const MessageId& id, UnixMillis now);

  // Of the changes of one kind and author that name a message: the one that counts, which has the highest revision,
  // among equal ones the highest id; how many there are, up to a limit.
  Result<std::optional<MessageRow>> deciding_change(std::int64_t contact, const MessageRef& target, MessageKind kind,
                                                    Direction author);
  Result<std::size_t> count_changes(std::int64_t contact, const MessageRef& target, MessageKind kind, Direction author,
                                    std::size_t limit);
  // Erases the texts of those that do not count, but not of ours that may still have to be sent.
  Status wipe_superseded(std::int64_t contact, const MessageRef& target, MessageKind kind, Direction author);
  // The reactions, edits and unsends that name a message.
  Result<std::vector<MessageRow>> changes_of(std::int64_t contact, const MessageRef& target);
  Status set_effects(std::int64_t seq, const MessageEffects& effects);
  // Of an edit or a reaction whose message was taken back.
  Status wipe_text(std::int64_t seq);

  // Messages whose senders are to be told that they were read; by contact.
  Status owe_read(std::int64_t seq);
  Result<std::vector<MessageRow>> owed_reads(std::size_t limit);
  Status remove_owed_read(std::int64_t seq);
  Status remove_owed_reads(std::int64_t contact);

  Result<std::int64_t> add_notice(NoticeKind kind, std::string_view peer, std::string_view text, UnixMillis now);
  Result<std::vector<Notice>> notices_not_shown();
  // Whether there is one of this kind and peer, made after `time`, that was not shown.
  Result<bool> announced_since(NoticeKind kind, std::string_view peer, UnixMillis time);
  Status set_notice_shown(std::int64_t seq);

 private:
  Status start_timer(std::int64_t seq, UnixMillis now);

  Database& database_;
};

}  // namespace pqc::client
