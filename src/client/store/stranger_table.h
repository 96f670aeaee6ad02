// People who came by themselves and were not accepted, as a service that anybody may call forgets them again
// (docs/spec/calls.md §10). One thread.
#pragma once

#include <string_view>
#include <vector>

#include "client/store/database.h"

namespace pqc::client {

class StrangerTable {
 public:
  explicit StrangerTable(Database& database) : database_(database) {}

  Result<std::size_t> count();
  // Those beyond `keep`, the longest unheard first, those unheard since `before`, and those whose keys are in doubt.
  // Not `own`, and nobody who was blocked or has messages here.
  Result<std::vector<std::int64_t>> to_forget(std::size_t keep, UnixMillis before, std::string_view own);
  // Sessions, calls, what waits to be sent, and all else that names this contact. Inside a transaction.
  Status forget(std::int64_t contact);
  // Notices, which nobody reads, and ids of what came: those older than `before`, and the oldest beyond `most`.
  Status forget_news(UnixMillis before, std::size_t most);

 private:
  Database& database_;
};

}  // namespace pqc::client
