// Prekey batches and one-time pairs in SQLite. Used by sqlite_store.cpp only, inside its transactions.
#pragma once

#include "server/storage/sqlite_database.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

class SqlitePrekeys {
 public:
  explicit SqlitePrekeys(SqliteDatabase& database);

  Result<bool> put(MailboxId mailbox, const PrekeyBatch& batch);
  Result<std::optional<Bundle>> take(MailboxId mailbox, std::uint16_t suite, UnixMillis now);
  Result<std::vector<PrekeyCount>> count(MailboxId mailbox);
  Result<std::uint32_t> count_hand_out(AccountId requester, MailboxId target, UnixMillis window);
  Result<void> remove_all(MailboxId mailbox);
  // Forgets hand-outs of windows that are over, once in hand_out_sweep_interval.
  Result<void> sweep(UnixMillis now);

 private:
  Result<std::optional<Bytes>> take_pair(MailboxId mailbox, std::uint16_t suite);

  Statement put_batch_;
  Statement remove_pairs_;
  Statement add_pair_;
  Statement find_batch_;
  Statement take_pair_;
  Statement use_last_resort_;
  Statement count_;
  Statement count_hand_out_;
  Statement remove_batches_;
  Statement remove_all_pairs_;
  Statement sweep_;
  UnixMillis next_sweep_;
};

}  // namespace pqc::server::storage
