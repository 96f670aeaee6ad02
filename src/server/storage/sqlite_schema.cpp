#include "server/storage/sqlite_schema.h"

#include <string>

#include "server/storage/limits.h"

namespace pqc::server::storage {
namespace {

// "pqcs": so that `file` and we know the database from others (PRAGMA application_id).
constexpr std::int64_t application_id = 0x70716373;

// mailbox: the row of a removed device stays, so that what it sent still has a sender. message: bodies lie in the order
// of arrival, where appending is cheap; the index finds a mailbox's own, its size and whose they are without touching
// bodies. append_id: what makes a retry no duplicate; a client whose ids begin with a rising number
// keeps its inserts in one place of the tree.
constexpr const char* tables = R"sql(
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  record BLOB NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account(id),
  device INTEGER NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, device)
);
CREATE TABLE device_key (
  mailbox INTEGER NOT NULL REFERENCES mailbox(id),
  suite INTEGER NOT NULL,
  signature_key BLOB NOT NULL,
  PRIMARY KEY (mailbox, suite)
);
CREATE TABLE invite (
  token BLOB PRIMARY KEY,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE prekey_batch (
  mailbox INTEGER NOT NULL REFERENCES mailbox(id),
  suite INTEGER NOT NULL,
  batch_id INTEGER NOT NULL,
  batch BLOB NOT NULL,
  last_resort BLOB NOT NULL,
  last_resort_used INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox, suite)
);
CREATE TABLE one_time_pair (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox INTEGER NOT NULL REFERENCES mailbox(id),
  suite INTEGER NOT NULL,
  pair BLOB NOT NULL
);
CREATE INDEX one_time_pair_by_mailbox ON one_time_pair (mailbox, suite);
CREATE TABLE hand_out (
  requester INTEGER NOT NULL,
  target INTEGER NOT NULL,
  window INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (requester, target)
) WITHOUT ROWID;
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  client_id BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX message_by_mailbox ON message (mailbox, id, size, sender);
CREATE TABLE append_id (
  sender INTEGER NOT NULL,
  client_id BLOB NOT NULL,
  hash BLOB NOT NULL,
  message INTEGER NOT NULL,
  appended_at INTEGER NOT NULL,
  PRIMARY KEY (sender, client_id)
) WITHOUT ROWID;
)sql";

constexpr const char* from_version_1 = R"sql(
ALTER TABLE mailbox ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
DROP INDEX message_by_mailbox;
CREATE INDEX message_by_mailbox ON message (mailbox, id, size, sender);
)sql";

// Blobs: sealed files, whose bytes lie beside the database.
constexpr const char* from_version_2 = R"sql(
CREATE TABLE blob (
  id BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account(id),
  size INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX blob_by_account ON blob (account, size);
CREATE INDEX blob_by_expiry ON blob (expires_at);
)sql";

Result<void> make(SqliteDatabase& database, const std::string& statements) {
  auto made =
      database.execute("BEGIN IMMEDIATE;" + statements + "PRAGMA application_id = " + std::to_string(application_id) +
                       ";"
                       "PRAGMA user_version = " +
                       std::to_string(schema_version) + "; COMMIT;");
  if (!made && database.in_transaction()) static_cast<void>(database.execute("ROLLBACK"));
  return made;
}

}  // namespace

Result<void> configure(SqliteDatabase& database) {
  return database.execute("PRAGMA page_size = " + std::to_string(page_size) +
                          ";"
                          "PRAGMA journal_mode = WAL;"
                          "PRAGMA synchronous = FULL;"
                          "PRAGMA wal_autocheckpoint = " +
                          std::to_string(checkpoint_pages) +
                          ";"
                          "PRAGMA cache_size = -" +
                          std::to_string(page_cache_kib) +
                          ";"
                          "PRAGMA temp_store = MEMORY;"
                          "PRAGMA cell_size_check = ON;"
                          "PRAGMA trusted_schema = OFF;");
}

Result<void> prepare_schema(SqliteDatabase& database) {
  const auto version = database.query_integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto id = database.query_integer("PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  if (*version > schema_version && *id == application_id) return std::unexpected(StoreError::too_new);
  if (*version == schema_version && *id == application_id) return {};
  if (*version == 1 && *id == application_id) return make(database, std::string(from_version_1) + from_version_2);
  if (*version == 2 && *id == application_id) return make(database, from_version_2);
  const auto count = database.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!count) return std::unexpected(count.error());
  if (*version != 0 || *id != 0 || *count != 0) return std::unexpected(StoreError::damaged);
  return make(database, std::string(tables) + from_version_2);
}

}  // namespace pqc::server::storage
