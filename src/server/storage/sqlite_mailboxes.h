// Mailboxes in SQLite: messages, and the ids of appends. Used by sqlite_store.cpp only, inside its transactions.
#pragma once

#include <optional>
#include <unordered_map>

#include "server/storage/message_ids.h"
#include "server/storage/sqlite_database.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

class SqliteMailboxes {
 public:
  explicit SqliteMailboxes(SqliteDatabase& database);

  // Takes up the message ids where the last run may have left them.
  Result<void> start(UnixMillis now);

  Result<Appended> append(const NewMessage& message);
  Result<std::vector<StoredMessage>> read_after(MailboxId mailbox, MessageId cursor, std::size_t max_items,
                                                std::size_t max_bytes);
  Result<void> remove_up_to(MailboxId mailbox, MessageId cursor);
  Result<void> remove_all(MailboxId mailbox);
  Result<MailboxUsage> usage(MailboxId mailbox);
  Result<MessageId> newest(MailboxId mailbox);
  // Looks at the next append ids, at least sweep_step, and removes those that are too old.
  Result<void> sweep(UnixMillis now);

  // After a rollback, what was learned in the transaction may be wrong.
  void forget_cached() {
    cached_.clear();
    ids_.forget_reservation();
  }

 private:
  Result<MessageId> next_id();
  Result<std::int64_t> setting(std::string_view name);
  Result<void> set_setting(std::string_view name, std::int64_t value);
  Result<Appended> known_append(const NewMessage& message);
  // How full a mailbox is, and once it was more than half full, how much of it is whose.
  struct Cached {
    MailboxUsage all;
    std::optional<std::unordered_map<std::int64_t, MailboxUsage>> by_account;
  };
  Result<Cached*> cached(MailboxId mailbox);
  Result<bool> has_room(Cached& mailbox, const NewMessage& message);
  Result<std::unordered_map<std::int64_t, MailboxUsage>> measure_accounts(MailboxId mailbox, std::int64_t up_to);
  Result<MailboxUsage> measure(MailboxId mailbox, std::int64_t up_to);
  Result<void> take_away(Cached& known, MailboxId mailbox, std::int64_t up_to);

  SqliteDatabase& database_;
  MessageIds ids_;
  Statement get_setting_;
  Statement put_setting_;
  Statement add_id_;
  Statement find_id_;
  Statement add_message_;
  Statement read_;
  Statement measure_;
  Statement measure_accounts_;
  Statement remove_;
  Statement newest_;
  Statement sweep_end_;
  Statement sweep_;
  // Of the mailboxes that were used lately; at most max_cached_mailboxes.
  std::unordered_map<std::int64_t, Cached> cached_;
  std::size_t appended_ = 0;  // since the last sweep
  // Where the sweep goes on.
  std::int64_t sweep_sender_ = 0;
  Bytes sweep_id_;
};

}  // namespace pqc::server::storage
