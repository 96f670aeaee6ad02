// What backups ask of the tables (docs/spec/backup.md): all rows in order, and rows that come back as they were.
#pragma once

#include <vector>

#include "client/store/store.h"

namespace pqc::client {

namespace setting {
// 1: contacts came out of a backup, and are still to be told (docs/spec/backup.md §4).
inline constexpr std::string_view restored = "restored";
}  // namespace setting

class RestoredRows {
 public:
  explicit RestoredRows(Store& store) : store_(store) {}

  // The first `limit` messages of all after this seq.
  Result<std::vector<MessageRow>> after(std::int64_t seq, std::size_t limit);
  // A message that went its way elsewhere, with all that was made of it: nothing is sealed or shown again. It keeps its
  // number where it has one. Whether it was not there. Inside the caller's transaction.
  Result<bool> add(const MessageRow& row);
  // Numbers up to this one are for rows that bring theirs: new messages get higher ones.
  Status reserve_numbers(std::int64_t last);
  // The number of the newest message; 0 without any.
  Result<std::int64_t> newest();
  // Whether there is any session with a contact.
  Result<bool> has_session(std::int64_t contact);

 private:
  Store& store_;
};

}  // namespace pqc::client
