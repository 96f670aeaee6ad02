#include "server/storage/sqlite_database.h"

#include <cerrno>

#include <sqlite3.h>

#include "base/log.h"
#include "server/storage/limits.h"

namespace pqc::server::storage {

std::string_view name_of(StoreError error) {
  switch (error) {
    case StoreError::io:
      return "io";
    case StoreError::disk_full:
      return "disk_full";
    case StoreError::no_permission:
      return "no_permission";
    case StoreError::damaged:
      return "damaged";
    case StoreError::too_new:
      return "too_new";
    case StoreError::busy:
      return "busy";
    case StoreError::stopped:
      return "stopped";
  }
  return "unknown";
}

void SqliteClose::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}
void SqliteFinalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

StoreError store_error_of(sqlite3* database, int code) {
  const int system_error = database != nullptr ? sqlite3_system_errno(database) : 0;
  if (log_enabled(LogLevel::error)) {
    log(LogLevel::error, "storage_error",
        {{"error", database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code)}, {"code", code}});
  }
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return StoreError::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreError::damaged;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return StoreError::no_permission;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreError::busy;
    default:
      return system_error == ENOSPC || system_error == EDQUOT ? StoreError::disk_full : StoreError::io;
  }
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database), sql_(sql) {}

Statement::Use Statement::use() {
  if (!statement_) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(database_, sql_.data(), static_cast<int>(sql_.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return Use(nullptr, store_error_of(database_, code));
    statement_.reset(prepared);
  }
  return Use(statement_.get(), StoreError::io);
}

Statement::Use::~Use() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

Statement::Use& Statement::Use::bind(std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement::Use& Statement::Use::bind(ByteView blob) {
  if (statement_ == nullptr) return *this;
  // A null pointer would bind NULL; an empty blob is not that.
  static constexpr char nothing = 0;
  sqlite3_bind_blob64(statement_, next_++, blob.empty() ? static_cast<const void*>(&nothing) : blob.data(), blob.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement::Use& Statement::Use::bind_text(std::string_view text) {
  if (statement_ != nullptr) {
    sqlite3_bind_text64(statement_, next_++, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return *this;
}

Result<bool> Statement::Use::step() {
  if (statement_ == nullptr) return std::unexpected(error_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(
      store_error_of(sqlite3_db_handle(statement_), sqlite3_extended_errcode(sqlite3_db_handle(statement_))));
}

Result<void> Statement::Use::run() {
  while (true) {
    const auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

std::int64_t Statement::Use::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

ByteView Statement::Use::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string Statement::Use::text(int column) const {
  return std::string(as_text(blob(column)));
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& file, OpenMode mode) {
  const int flags = mode == OpenMode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  // One thread at a time uses a connection, so it needs no mutex of its own.
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteDatabase database;
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return std::unexpected(store_error_of(handle, code));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return database;
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(store_error_of(handle_.get(), code));
  return {};
}

Result<std::int64_t> SqliteDatabase::query_integer(const std::string& sql) {
  Statement statement(handle_.get(), sql);
  auto use = statement.use();
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  return *row ? use.integer(0) : 0;
}

bool SqliteDatabase::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::int64_t SqliteDatabase::changes() const {
  return sqlite3_changes64(handle_.get());
}

}  // namespace pqc::server::storage
