// Files on their way: how far each was sent or saved, beside the message that holds its keys.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "client/store/database.h"
#include "protocol/attachment/limits.h"
#include "protocol/attachment/progress.h"

namespace pqc::client {

// What tells whether a file is the one that was there before.
struct FileMark {
  std::int64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_at = 0;  // nanoseconds since 1970
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

struct TransferRow {
  std::int64_t message = 0;
  std::string path;
  attachment::Progress progress;
  FileMark mark;                                 // of a file that is sent
  std::optional<attachment::Chain> whole_chain;  // of one that was sealed to its end

  // Whether `path` is a file of the user's that is sent. Else it is one that was made here, and may be removed.
  [[nodiscard]] bool is_source() const { return mark != FileMark{}; }
  // Of the file, up to the chunk that comes next.
  [[nodiscard]] std::uint64_t bytes() const { return std::uint64_t{progress.next} * attachment::chunk_size; }
};

class TransferTable {
 public:
  explicit TransferTable(Database& database) : database_(database) {}

  // In place of the message's earlier one.
  Status put(const TransferRow& row);
  Result<std::optional<TransferRow>> find(std::int64_t message);
  // What is to be sent, oldest first.
  Result<std::vector<TransferRow>> outgoing();
  // False when there is no such transfer any more: its message was erased or taken back.
  Result<bool> set_progress(std::int64_t message, const attachment::Progress& progress);
  Result<bool> set_whole_chain(std::int64_t message, const attachment::Chain& chain);
  Status remove(std::int64_t message);
  // The unfinished file of one that is saved here; nothing where there is none.
  Result<std::optional<std::string>> unfinished_file(std::int64_t message);

  // Sealed files that no message needs any more, and that the server still has.
  using BlobId = std::array<std::uint8_t, 32>;
  Status add_dead(const BlobId& blob);
  Result<std::vector<BlobId>> dead(std::size_t limit);
  Status remove_dead(const BlobId& blob);

 private:
  Database& database_;
};

}  // namespace pqc::client
