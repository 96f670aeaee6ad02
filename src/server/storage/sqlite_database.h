// A thin, typed layer over SQLite's C interface: a connection, prepared statements, errors as StoreError.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "server/storage/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pqc::server::storage {

struct SqliteClose {
  void operator()(sqlite3* database) const;
};
struct SqliteFinalize {
  void operator()(sqlite3_stmt* statement) const;
};

// A prepared statement, reset when its use ends. Text and blobs that are bound must live until then.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);  // prepared at first use, kept until the database closes

  // One use: bind in the order of the parameters, then run() or step through rows.
  class Use {
   public:
    explicit Use(sqlite3_stmt* statement, StoreError prepare_error) : statement_(statement), error_(prepare_error) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    Use& bind(std::int64_t value);
    Use& bind(ByteView blob);
    Use& bind_text(std::string_view text);
    // True: a row is there; false: no more.
    [[nodiscard]] Result<bool> step();
    // Steps to the end.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] std::int64_t integer(int column) const;
    // Valid until the next step.
    [[nodiscard]] ByteView blob(int column) const;
    [[nodiscard]] std::string text(int column) const;

   private:
    sqlite3_stmt* statement_;
    StoreError error_;
    int next_ = 1;
  };

  [[nodiscard]] Use use();

 private:
  sqlite3* database_ = nullptr;
  std::string_view sql_;
  std::unique_ptr<sqlite3_stmt, SqliteFinalize> statement_;
};

enum class OpenMode : std::uint8_t { read_write_create, read_only };

class SqliteDatabase {
 public:
  static Result<SqliteDatabase> open(const std::string& file, OpenMode mode);

  [[nodiscard]] Result<void> execute(const std::string& sql);
  [[nodiscard]] Result<std::int64_t> query_integer(const std::string& sql);
  // Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  std::unique_ptr<sqlite3, SqliteClose> handle_;
};

StoreError store_error_of(sqlite3* database, int code);

}  // namespace pqc::server::storage
