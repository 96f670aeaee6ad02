// What backups ask of the tables (docs/spec/backup.md): all rows in order, and rows that come back as they were.
#pragma once

#include <string_view>
#include <vector>

#include "client/store/store.h"

namespace pqc::client {

namespace setting {
// Contacts came out of a backup, and some are still to be told (docs/spec/backup.md §4). 1: it is to be noted for each
// which; 2: it is.
inline constexpr std::string_view restored = "restored";
}  // namespace setting

class RestoredRows {
 public:
  explicit RestoredRows(Store& store) : store_(store) {}

  // The first `limit` messages of all after this seq.
  Result<std::vector<MessageRow>> after(std::int64_t seq, std::size_t limit);
  // A message that went its way elsewhere, with all that was made of it: nothing is sealed or shown again. It keeps its
  // number where it has one that is free here. Whether it was not there. Inside the caller's transaction.
  Result<bool> add(const MessageRow& row);
  // Numbers up to this one are for rows that bring theirs: new messages get higher ones.
  Status reserve_numbers(std::int64_t last);
  // The number of the newest message; 0 without any.
  Result<std::int64_t> newest();
  // Whether there is any session with a contact.
  Result<bool> has_session(std::int64_t contact);
  // The contacts that a restore left without a session and that were not greeted since; of those, not the own account,
  // whom nothing is sent to, nor whom the user blocked.
  Result<std::vector<std::int64_t>> to_greet(std::string_view own_name);
  // Inside the transaction that stores the greeting.
  Status set_greeted(std::int64_t contact);

 private:
  Status note_whom_to_greet(std::string_view own_name, const std::vector<ContactRow>& contacts);

  Store& store_;
};

}  // namespace pqc::client
