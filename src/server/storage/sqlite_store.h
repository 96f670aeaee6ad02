// The Store on SQLite: one file, write-ahead log, synchronous=FULL, so a commit is on disk when it returns.
#pragma once

#include <memory>
#include <string>

#include "server/storage/store.h"

namespace pqc::server::storage {

// Opens or makes the database file (mode 0600).
Result<std::unique_ptr<Store>> open_sqlite(const std::string& file);

struct KeptFile {
  std::string name;
  std::string content;
};

// A consistent copy of the database, also while a server writes it. Marked, so that a server that starts on the copy
// gives its messages a higher epoch than the original can have given since. `to` must not exist.
// The files given are kept inside the copy.
[[nodiscard]] Result<void> backup_sqlite(const std::string& from, const std::string& to,
                                         const std::vector<KeptFile>& files);
// The files that a backup kept; empty in a database that is none. Before the store is opened.
[[nodiscard]] Result<std::vector<KeptFile>> kept_files(const std::string& file);
// Removes them from the database, once they are files again.
[[nodiscard]] Result<void> forget_kept_files(const std::string& file);

// Reads totals from the file of a server that may be running.
[[nodiscard]] Result<Totals> read_totals(const std::string& file);
// Adds an invite to the file of a server that may be running.
[[nodiscard]] Result<void> add_invite_to(const std::string& file, const TokenHash& token, UnixMillis expires);

}  // namespace pqc::server::storage
