#include "client/store/database.h"

#define SQLITE_HAS_CODEC  // declares SQLCipher's key functions
#include <cerrno>

#include <fcntl.h>
#include <sqlcipher/sqlite3.h>

#include "client/files.h"

namespace pqc::client {
namespace {

// A reader that holds the file for a moment (a backup tool) is waited for this long.
constexpr int busy_timeout_ms = 2000;

Error describe(int result) {
  switch (result & 0xFF) {
    case SQLITE_FULL:
      return {ExitCode::disk_full,
              "the disk with the profile is full: free some space and try again; nothing was lost"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {ExitCode::damaged,
              "the profile's database is damaged, or the key file belongs to another profile: restore both from a "
              "backup"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ExitCode::no_permission, "the profile may not be written: check owner and mode of its folder and files"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ExitCode::busy, "another process holds the profile's database: end it and try again"};
    case SQLITE_IOERR:
      return {ExitCode::disk_full, "the profile could not be read or written: check the disk; nothing was lost"};
    default:
      return {ExitCode::unexpected, std::string("the profile's database failed: ") + sqlite3_errstr(result)};
  }
}

Status set_key(sqlite3* handle, const DatabaseKey& key) {
  // SQLCipher's raw key form x'…': the bytes are the key, nothing is derived.
  SecretBytes raw;
  raw.append(as_bytes("x'"));
  static constexpr std::string_view digits = "0123456789abcdef";
  for (const auto byte : key.view()) {
    const std::array pair{static_cast<std::uint8_t>(digits[byte >> 4]), static_cast<std::uint8_t>(digits[byte & 15])};
    raw.append(pair);
  }
  raw.append(as_bytes("'"));
  const auto result = sqlite3_key(handle, raw.view().data(), static_cast<int>(raw.size()));
  if (result != SQLITE_OK) return std::unexpected(describe(result));
  return {};
}

// SQLite would make it as the umask says. Its log gets the same mode.
Status make_private(const std::filesystem::path& file) {
  const FileDescriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made && errno != EEXIST) return std::unexpected(system_error(errno, "make", file));
  return {};
}

Result<sqlite3*> open_handle(const std::filesystem::path& file, bool create) {
  if (create)
    if (auto made = make_private(file); !made) return pass(made);
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | (create ? SQLITE_OPEN_CREATE : 0);
  const auto result = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  if (result == SQLITE_OK) return handle;
  const int system_error = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  sqlite3_close(handle);
  if (system_error == ENOENT) return fail(ExitCode::missing, "there is no database " + file.string());
  if (system_error == EACCES || system_error == EPERM || system_error == EROFS)
    return fail(ExitCode::no_permission, "no permission to open " + file.string() + ": check its owner and mode");
  if (system_error == ENOSPC || system_error == EDQUOT) return std::unexpected(describe(SQLITE_FULL));
  return std::unexpected(describe(result));
}

}  // namespace

std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
bool Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::string Row::text(int column) const {
  return std::string(as_text(blob(column)));
}
ByteView Row::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, const DatabaseKey& key,
                                                 bool create) {
  auto handle = open_handle(file, create);
  if (!handle) return pass(handle);
  std::unique_ptr<Database> database(new Database(*handle));
  sqlite3_extended_result_codes(*handle, 1);
  sqlite3_busy_timeout(*handle, busy_timeout_ms);
  if (auto keyed = set_key(*handle, key); !keyed) return pass(keyed);
  // What a commit promises is on the disk: synchronous=FULL also with the write-ahead log.
  // auto_vacuum has to be chosen before anything is written.
  if (auto set = database->script(
          "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
          "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;");
      !set)
    return pass(set);
  // The first read shows whether the key is right.
  if (auto read = database->script("SELECT count(*) FROM sqlite_schema"); !read) return pass(read);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

std::unexpected<Error> Database::error() const {
  return std::unexpected(describe(sqlite3_extended_errcode(handle_)));
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
  const std::string key(sql);
  if (const auto found = statements_.find(key); found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    return error();
  statements_.emplace(key, statement);
  return statement;
}

Status Database::step_all(sqlite3_stmt* statement, bool bound, const std::function<void(const Row&)>& row) {
  // A full disk makes SQLite roll back by itself: what follows must not be written on its own.
  if (depth_ > 0 && sqlite3_get_autocommit(handle_) != 0) {
    sqlite3_clear_bindings(statement);
    return std::unexpected(describe(SQLITE_FULL));
  }
  int result = bound ? SQLITE_ROW : SQLITE_NOMEM;
  while (bound && (result = sqlite3_step(statement)) == SQLITE_ROW) row(Row(statement));
  Status done;
  if (result != SQLITE_DONE) done = bound ? Status(error()) : Status(std::unexpected(describe(result)));
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return done;
}

Status Database::script(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return {};
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

Result<std::int64_t> Database::pragma(std::string_view name) {
  auto value = one("PRAGMA " + std::string(name), [](const Row& row) { return row.integer(0); });
  if (!value) return pass(value);
  return value->value_or(0);
}

Status Database::check_integrity() {
  auto answer = one("PRAGMA integrity_check(1)", [](const Row& row) { return row.text(0); });
  if (!answer) return pass(answer);
  if (answer->value_or("") != "ok") return std::unexpected(describe(SQLITE_CORRUPT));
  return {};
}

bool Database::bind(sqlite3_stmt* statement, int index, std::int64_t value) {
  return sqlite3_bind_int64(statement, index, value) == SQLITE_OK;
}
bool Database::bind(sqlite3_stmt* statement, int index, std::string_view value) {
  return sqlite3_bind_text64(statement, index, value.data() == nullptr ? "" : value.data(), value.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK;
}
bool Database::bind(sqlite3_stmt* statement, int index, ByteView value) {
  if (value.empty()) return sqlite3_bind_zeroblob(statement, index, 0) == SQLITE_OK;
  return sqlite3_bind_blob64(statement, index, value.data(), value.size(), SQLITE_TRANSIENT) == SQLITE_OK;
}
bool Database::bind(sqlite3_stmt* statement, int index, std::nullopt_t) {
  return sqlite3_bind_null(statement, index) == SQLITE_OK;
}

Result<Transaction> Transaction::begin(Database& database) {
  if (database.depth_ == 0) {
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return pass(begun);
    database.spoiled_ = false;
  }
  ++database.depth_;
  return Transaction(database);
}

void Transaction::undo(Database& database) {
  // Full disks and failed writes make SQLite roll back by itself.
  if (sqlite3_get_autocommit(database.handle_) == 0) (void)database.run("ROLLBACK");
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  database_->spoiled_ = true;
  if (--database_->depth_ == 0) undo(*database_);
}

Status Transaction::commit() {
  auto* const database = std::exchange(database_, nullptr);
  if (--database->depth_ > 0) return {};
  if (database->spoiled_) {
    undo(*database);
    return fail(ExitCode::unexpected, "a part of the change failed, so nothing of it was stored");
  }
  auto done = database->run("COMMIT");
  if (!done) undo(*database);
  return done;
}

}  // namespace pqc::client
