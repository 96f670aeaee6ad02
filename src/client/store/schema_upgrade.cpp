#include "client/store/schema_upgrade.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "client/files.h"
#include "client/limits.h"
#include "client/store/schema.h"

namespace pqc::client {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t incremental = 2;

Status sync_file(const fs::path& file) {
  const FileDescriptor open_file(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!open_file || ::fsync(open_file.get()) != 0) return std::unexpected(system_error(errno, "write", file));
  return {};
}

// Only the owner of the profile has the database open, so after the checkpoint the file is whole.
Status copy_database(Database& database, const fs::path& file, const fs::path& copy) {
  if (auto done = database.script("PRAGMA wal_checkpoint(TRUNCATE)"); !done) return done;
  const auto unfinished = fs::path(copy.string() + ".new");
  std::error_code code;
  fs::copy_file(file, unfinished, fs::copy_options::overwrite_existing, code);
  if (!code) fs::permissions(unfinished, fs::perms::owner_read | fs::perms::owner_write, code);
  if (!code)
    if (auto synced = sync_file(unfinished); !synced) {
      fs::remove(unfinished, code);
      return synced;
    }
  if (!code) fs::rename(unfinished, copy, code);
  if (!code) return {};
  const auto error = system_error(code.value(), "write", copy);
  fs::remove(unfinished, code);
  return std::unexpected(error);
}

// By the file system's clock on both sides.
bool old_enough(const fs::path& copy) {
  std::error_code code;
  const auto written = fs::last_write_time(copy, code);
  return !code && fs::file_time_type::clock::now() - written > limits::migration_copy_lifetime;
}

void remove_old_copies(const fs::path& file) {
  for (const auto& migration : schema_migrations()) {
    const auto copy = migration_copy(file, migration.to);
    std::error_code code;
    if (old_enough(copy)) fs::remove(copy, code);
  }
}

// Databases that older versions made cannot give single pages back before they are written anew, once.
Status make_incremental(Database& database) {
  auto mode = database.pragma("auto_vacuum");
  if (!mode) return pass(mode);
  if (*mode == incremental) return {};
  return database.script("PRAGMA auto_vacuum=INCREMENTAL; VACUUM");
}

}  // namespace

fs::path migration_copy(const fs::path& file, std::int64_t version) {
  return file.parent_path() / (file.stem().string() + "-v" + std::to_string(version) + file.extension().string());
}

Status upgrade(Database& database, const fs::path& file) {
  auto version = database.pragma("user_version");
  if (!version) return pass(version);
  if (*version == newest_schema_version()) {
    remove_old_copies(file);
    return {};
  }
  if (*version > 0 && *version < newest_schema_version()) {
    if (auto done = copy_database(database, file, migration_copy(file, *version)); !done) return done;
    log(LogLevel::info, "store.migrates", {{"from", std::to_string(*version)}});
  }
  if (auto done = migrate(database); !done) return done;
  return make_incremental(database);
}

}  // namespace pqc::client
