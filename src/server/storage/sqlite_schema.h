// The tables of the SQLite engine and their version.
#pragma once

#include "server/storage/sqlite_database.h"

namespace pqc::server::storage {

inline constexpr std::int64_t schema_version = 3;

// Settings of the connection: write-ahead log, a commit is on disk when it returns.
[[nodiscard]] Result<void> configure(SqliteDatabase& database);
// Makes the tables in a new file, and brings those of an older version forward; refuses a newer version (too_new) and a
// file that is not ours (damaged).
[[nodiscard]] Result<void> prepare_schema(SqliteDatabase& database);

}  // namespace pqc::server::storage
