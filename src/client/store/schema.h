// The tables of a profile's database, and the way from older versions to this one.
//
// The version stands in `PRAGMA user_version`. Migrations only go forward, each in the one transaction that also raises
// the version, so a crash leaves the old version whole.
#pragma once

#include <span>

#include "client/store/database.h"

namespace pqc::client {

struct Migration {
  std::int64_t to;  // the version after it
  const char* sql;
};

// "pqc1": marks the file as ours.
inline constexpr std::int64_t application_id = 0x70716331;

// Ours, in order. The first one makes the tables.
std::span<const Migration> schema_migrations();

inline std::int64_t newest_schema_version() {
  return schema_migrations().back().to;
}

// Brings a database to the last version of `migrations`. `oldest` is the lowest version that can still be brought
// forward. Errors: too_new, too_old, damaged (not a profile at all), disk_full.
Status migrate(Database& database, std::span<const Migration> migrations, std::int64_t oldest);
inline Status migrate(Database& database) {
  return migrate(database, schema_migrations(), 1);
}

}  // namespace pqc::client
