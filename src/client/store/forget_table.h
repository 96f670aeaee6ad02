// Sessions that are stored and whose prekeys the key agent has still to erase, or to remember (docs/spec/pqxdh.md §7):
// written with the session, removed when the agent has done it.
#pragma once

#include <vector>

#include "client/store/database.h"
#include "protocol/pqxdh/pqxdh.h"

namespace pqc::client {

struct ForgetRow {
  pqxdh::PrekeyUse prekeys;
  pqxdh::SessionId session{};
};

class ForgetTable {
 public:
  explicit ForgetTable(Database& database) : database_(database) {}

  Status add(const ForgetRow& row);
  Result<std::vector<ForgetRow>> all();
  Status remove(const pqxdh::SessionId& session);

  // Whether another session has taken this one-time pair.
  Result<bool> holds(const pqxdh::PrekeyUse& prekeys);
  Result<bool> holds(const pqxdh::SessionId& session);

 private:
  Database& database_;
};

}  // namespace pqc::client
