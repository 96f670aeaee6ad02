// Bringing a profile's database to this version, with a copy of the older one beside it until it has proved itself
// (docs/spec/content.md §3).
#pragma once

#include <filesystem>

#include "client/store/database.h"

namespace pqc::client {

// The copy that is made of a database of version `version`: profile.db gives profile-v1.db.
std::filesystem::path migration_copy(const std::filesystem::path& file, std::int64_t version);

// The open database in `file`. A new one gets its tables; an older one is copied, then brought forward; copies that are
// old enough are removed. Errors: those of migrate(); disk_full, no_permission (the older database is as it was).
Status upgrade(Database& database, const std::filesystem::path& file);

}  // namespace pqc::client
