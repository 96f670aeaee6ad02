// A profile's whole store: one database and its tables. One thread.
#pragma once

#include <memory>

#include "client/store/account_table.h"
#include "client/store/call_table.h"
#include "client/store/contact_table.h"
#include "client/store/database.h"
#include "client/store/erasure.h"
#include "client/store/forget_table.h"
#include "client/store/message_search.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"
#include "client/store/schema.h"
#include "client/store/schema_upgrade.h"
#include "client/store/session_table.h"
#include "client/store/stranger_table.h"
#include "client/store/transfer_table.h"

namespace pqc::client {

class Store {
 public:
  // Opens and migrates, or makes the file when `create` is set.
  // What an older version made is copied before it is brought forward (schema_upgrade.h).
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file, const DatabaseKey& key, bool create) {
    auto database = Database::open(file, key, create);
    if (!database) return pass(database);
    if (auto upgraded = upgrade(**database, file); !upgraded) return pass(upgraded);
    return std::unique_ptr<Store>(new Store(std::move(*database)));
  }

  [[nodiscard]] Result<Transaction> begin() { return Transaction::begin(*database); }

  const std::unique_ptr<Database> database;
  AccountTable account{*database};
  ContactTable contacts{*database};
  SessionTable sessions{*database};
  MessageTable messages{*database};
  OutboxTable outbox{*database};
  MessageSearch search{*database};
  Erasure erasure{*database};
  ForgetTable forgets{*database};
  TransferTable transfers{*database};
  CallTable calls{*database};
  StrangerTable strangers{*database};

 private:
  explicit Store(std::unique_ptr<Database> opened) : database(std::move(opened)) {}
};

}  // namespace pqc::client
