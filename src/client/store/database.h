// One encrypted SQLite database (SQLCipher with a raw 32-byte key): statements, rows and transactions.
//
// Invariants: every statement is prepared once and kept; text and blobs are bound, never pasted into SQL; a Transaction
// that is not committed is rolled back. An open Database and all that hangs on it belong to one thread.
#pragma once

#include <concepts>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "client/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pqc::client {

struct DatabaseKeyTag {};
using DatabaseKey = Secret<DatabaseKeyTag, 32>;

// One row of an answer. Views live until the next row.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] Bytes bytes(int column) const { return to_bytes(blob(column)); }
  [[nodiscard]] UnixMillis time(int column) const { return {integer(column)}; }

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Opens the file, or creates it when `create` is set, and checks that the key opens it.
  // Errors: missing, no_permission, damaged (also a wrong key), disk_full.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, const DatabaseKey& key, bool create);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs one statement whose rows, if any, do not matter.
  template <class... Args>
  Status run(std::string_view sql, const Args&... args) {
    return each(sql, [](const Row&) {}, args...);
  }

  // Runs one statement and hands every row to `row`.
  template <class F, class... Args>
    requires std::invocable<F, const Row&>
  Status each(std::string_view sql, F&& row, const Args&... args) {
    auto statement = prepare(sql);
    if (!statement) return pass(statement);
    int index = 0;
    bool bound = true;
    ((bound = bound && bind(*statement, ++index, args)), ...);
    return step_all(*statement, bound, std::forward<F>(row));
  }

  // The first row through `read`, or nothing when there is none.
  template <class F, class... Args>
    requires std::invocable<F, const Row&>
  auto one(std::string_view sql, F&& read, const Args&... args)
      -> Result<std::optional<std::invoke_result_t<F, const Row&>>> {
    std::optional<std::invoke_result_t<F, const Row&>> found;
    auto done = each(
        sql,
        [&](const Row& row) {
          if (!found) found.emplace(read(row));
        },
        args...);
    if (!done) return pass(done);
    return found;
  }

  // Several statements of a fixed text, without values (schema).
  Status script(const char* sql);

  [[nodiscard]] std::int64_t last_insert_id() const;
  // Rows that the last run() changed.
  [[nodiscard]] std::int64_t changes() const;
  // The integer value of a pragma.
  Result<std::int64_t> pragma(std::string_view name);
  // Looks at every page and every index. Slow; for doctor.
  Status check_integrity();

 private:
  friend class Transaction;
  explicit Database(sqlite3* handle) : handle_(handle) {}

  Result<sqlite3_stmt*> prepare(std::string_view sql);
  Status step_all(sqlite3_stmt* statement, bool bound, const std::function<void(const Row&)>& row);
  [[nodiscard]] std::unexpected<Error> error() const;

  static bool bind(sqlite3_stmt* statement, int index, std::int64_t value);
  static bool bind(sqlite3_stmt* statement, int index, std::string_view value);
  static bool bind(sqlite3_stmt* statement, int index, ByteView value);
  static bool bind(sqlite3_stmt* statement, int index, std::nullopt_t value);
  static bool bind(sqlite3_stmt* s, int i, const std::string& value) { return bind(s, i, std::string_view(value)); }
  static bool bind(sqlite3_stmt* s, int i, const char* value) { return bind(s, i, std::string_view(value)); }
  static bool bind(sqlite3_stmt* s, int i, const Bytes& value) { return bind(s, i, ByteView(value)); }
  static bool bind(sqlite3_stmt* s, int i, const SecretBytes& value) { return bind(s, i, value.view()); }
  static bool bind(sqlite3_stmt* s, int i, UnixMillis value) { return bind(s, i, value.value); }
  template <std::integral T>
    requires(!std::same_as<T, std::int64_t>)
  static bool bind(sqlite3_stmt* s, int i, T value) {
    return bind(s, i, static_cast<std::int64_t>(value));
  }
  template <class T>
    requires std::is_enum_v<T>
  static bool bind(sqlite3_stmt* s, int i, T value) {
    return bind(s, i, static_cast<std::int64_t>(value));
  }
  template <std::size_t N>
  static bool bind(sqlite3_stmt* s, int i, const std::array<std::uint8_t, N>& value) {
    return bind(s, i, ByteView(value));
  }
  template <class T>
  static bool bind(sqlite3_stmt* s, int i, const std::optional<T>& value) {
    return value ? bind(s, i, *value) : bind(s, i, std::nullopt);
  }

  sqlite3* handle_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
  int depth_ = 0;         // open Transactions
  bool spoiled_ = false;  // one of them was dropped: the outermost must not write
};

// All or nothing. Transactions nest: only the outermost one writes; where an inner one was dropped uncommitted, the
// outermost undoes everything and its commit fails.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  void undo(Database& database);
  Database* database_;
};

}  // namespace pqc::client
