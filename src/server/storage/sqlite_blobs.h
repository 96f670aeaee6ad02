// What is known of blobs, in SQLite; their bytes are files (server/blobs). Used by sqlite_store.cpp only, inside its
// transactions.
#pragma once

#include "server/storage/sqlite_database.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

class SqliteBlobs {
 public:
  explicit SqliteBlobs(SqliteDatabase& database);

  Result<BlobOutcome> add(const Blob& blob, const BlobQuota& quota);
  Result<std::optional<Blob>> find(const BlobId& id);
  Result<bool> complete(const BlobId& id, UnixMillis expires);
  Result<std::vector<BlobId>> take_expired(UnixMillis now, std::size_t limit);
  Result<std::vector<BlobId>> after(const BlobId& id, std::size_t limit);
  Result<void> remove(const BlobId& id);

 private:
  Result<bool> fits(const Blob& blob, const BlobQuota& quota);
  static Result<std::vector<BlobId>> ids_of(Statement::Use& use);

  SqliteDatabase& database_;
  Statement find_;
  Statement usage_;
  Statement add_;
  Statement prolong_;
  Statement complete_;
  Statement expired_;
  Statement after_;
  Statement remove_;
};

}  // namespace pqc::server::storage
