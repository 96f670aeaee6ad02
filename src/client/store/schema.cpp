#include "client/store/schema.h"

#include <array>

#include "client/store/schema_versions.h"

namespace pqc::client {
namespace {

constexpr std::array all_migrations{Migration{1, schema_version_1}, Migration{2, schema_version_2},
                                    Migration{3, schema_version_3}, Migration{4, schema_version_4},
                                    Migration{5, schema_version_5}, Migration{6, schema_version_6},
                                    Migration{7, schema_version_7}};

Status apply(Database& database, const Migration& migration) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return pass(transaction);
  if (auto done = database.script(migration.sql); !done) return done;
  const auto version = "PRAGMA user_version = " + std::to_string(migration.to) +
                       "; PRAGMA application_id = " + std::to_string(application_id);
  if (auto done = database.script(version.c_str()); !done) return done;
  return transaction->commit();
}

Status check_version(std::int64_t version, std::int64_t newest, std::int64_t oldest) {
  if (version > newest)
    return fail(ExitCode::too_new, "the profile was written by a newer pqc-chat (profile version " +
                                       std::to_string(version) + ", this one knows " + std::to_string(newest) +
                                       "): update pqc-chat; the profile was not changed");
  if (version < oldest)
    return fail(ExitCode::too_old, "the profile was written by a pqc-chat that is too old (profile version " +
                                       std::to_string(version) + ", the oldest this one reads is " +
                                       std::to_string(oldest) +
                                       "): open it once with a version in between; the profile was not changed");
  return {};
}

}  // namespace

std::span<const Migration> schema_migrations() {
  return all_migrations;
}

Status migrate(Database& database, std::span<const Migration> migrations, std::int64_t oldest) {
  auto version = database.pragma("user_version");
  if (!version) return pass(version);
  auto tables = database.one("SELECT count(*) FROM sqlite_schema", [](const Row& row) { return row.integer(0); });
  if (!tables) return pass(tables);
  const bool empty = tables->value_or(0) == 0;
  if (!empty) {
    auto id = database.pragma("application_id");
    if (!id) return pass(id);
    if (*id != application_id) return fail(ExitCode::damaged, "the database is not a pqc-chat profile");
    if (auto checked = check_version(*version, migrations.back().to, oldest); !checked) return checked;
  }
  for (const auto& migration : migrations) {
    if (!empty && migration.to <= *version) continue;
    if (auto done = apply(database, migration); !done) return done;
  }
  return {};
}

}  // namespace pqc::client
