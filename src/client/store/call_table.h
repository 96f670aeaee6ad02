// The calls of a profile: each as it began, and how it ended (docs/spec/calls.md §4).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "client/calls/call_content.h"
#include "client/store/database.h"
#include "client/types.h"

namespace pqc::client {

struct CallRow {
  CallId id{};
  std::int64_t contact = 0;
  Direction direction = Direction::incoming;
  CallOutcome outcome = CallOutcome::missed;
  UnixMillis started;
  UnixMillis answered;  // 0: not
  UnixMillis ended;     // 0: not known
  bool relayed = false;
};

struct NumberedCall {
  std::int64_t number = 0;
  CallRecord call;
};

CallId id_of(const CallRecord& call);

class CallTable {
 public:
  explicit CallTable(Database& database) : database_(database) {}

  // False when a call of this id is known already. Of more than limits::call_history_rows, and of
  // more than limits::call_history_rows_of_one with one contact, those go that began first, though it be this one.
  Result<bool> add(const CallRow& row);
  Status set_end(const CallRow& row);
  Status remove(const CallId& id);
  // The latest first, by when they began, with the contact's name.
  Result<std::vector<CallRecord>> latest(std::size_t limit);
  // The first `limit` of all after this number, which they got in the order in which they came here.
  Result<std::vector<NumberedCall>> after(std::int64_t number, std::size_t limit);
  Status remove_with(std::int64_t contact);
  Status remove_before(UnixMillis time);

 private:
  Database& database_;
};

}  // namespace pqc::client
