// What leaves the store: messages that the user deletes, whose time is over, or that are too old; and the free pages
// that are left. Erased means overwritten: rows by secure_delete, words by the index's own secure-delete.
//
// Every call is one transaction of its own, bounded; the caller repeats those that answer that more is left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/store/database.h"
#include "client/types.h"

namespace pqc::client {

class Erasure {
 public:
  explicit Erasure(Database& database) : database_(database) {}

  // One message, its bytes in the outbox, the unfinished file where it was being saved, and the changes that name it
  // (but not those that the server does not have yet: the other side must still learn of them).
  Status remove(std::int64_t seq, UnixMillis now);
  // All of a conversation.
  Status remove_conversation(std::int64_t contact, UnixMillis now);
  // Messages whose time is over; answers whether more are left.
  Result<bool> remove_expired(UnixMillis now);
  // When the next one's time will be over.
  Result<std::optional<UnixMillis>> next_expiry();
  // Messages stored before `time`; answers whether more are left.
  Result<bool> remove_stored_before(UnixMillis time, UnixMillis now);

  // Whether an incoming message of this id was erased here.
  Result<bool> was_removed(std::int64_t contact, const MessageId& id);
  Status forget_removed_before(UnixMillis time);

  // Gives some free pages back to the disk; answers whether more are left.
  Result<bool> vacuum_step();

 private:
  Status remove_row(std::int64_t seq, UnixMillis now, std::vector<std::string>& files);
  Result<std::size_t> remove_all(std::string_view query, std::int64_t value, std::size_t limit, UnixMillis now);
  Status erase_words_at_once(bool begin);

  Database& database_;
};

}  // namespace pqc::client
