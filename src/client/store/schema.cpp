#include "client/store/schema.h"

#include <array>

namespace pqc::client {
namespace {

constexpr const char* version_1 = R"sql(
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE account (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  server TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  pin BLOB NOT NULL,
  device INTEGER NOT NULL,
  record BLOB NOT NULL,
  registered INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What the key holder keeps, under names of its own.
CREATE TABLE key_items (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE contacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  peer TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  verified INTEGER NOT NULL DEFAULT 0,
  record BLOB,
  record_at INTEGER NOT NULL DEFAULT 0,
  changed_record BLOB,
  level INTEGER,
  suite INTEGER,
  added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  transcript BLOB NOT NULL UNIQUE,
  -- Hash of the peer's initial part, for sessions that the peer began.
  initial_hash BLOB UNIQUE,
  suite INTEGER NOT NULL,
  sends INTEGER NOT NULL,
  initial BLOB,
  state BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_device ON sessions (contact, device, sends DESC, used_at DESC);

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL,
  contact INTEGER NOT NULL REFERENCES contacts (id),
  direction INTEGER NOT NULL,
  device INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  content BLOB,
  suite INTEGER NOT NULL,
  verified INTEGER NOT NULL,
  status INTEGER NOT NULL,
  failure_code INTEGER NOT NULL DEFAULT 0,
  failure TEXT NOT NULL DEFAULT '',
  sealed INTEGER NOT NULL DEFAULT 0,
  shown INTEGER NOT NULL DEFAULT 0,
  UNIQUE (contact, direction, id)
) STRICT;
CREATE INDEX messages_of_contact ON messages (contact, seq);
CREATE INDEX messages_to_seal ON messages (seq) WHERE sealed = 0 AND direction = 1 AND status = 0;
CREATE INDEX messages_to_show ON messages (seq) WHERE shown = 0 AND direction = 0;

-- Exact bytes on their way to the server. Numbers are never used again: what is on the wire is known by them.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  contact INTEGER NOT NULL REFERENCES contacts (id),
  device INTEGER NOT NULL,
  body BLOB NOT NULL,
  message INTEGER REFERENCES messages (seq),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_of_message ON outbox (message) WHERE message IS NOT NULL;

-- Delivery acknowledgements that sent messages wait for.
CREATE TABLE expected_receipts (
  tag BLOB PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES messages (seq),
  contact INTEGER NOT NULL,
  device INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX expected_receipts_of_message ON expected_receipts (message);

-- Delivery acknowledgements that we owe; a stranger's wait until it is accepted.
CREATE TABLE owed_receipts (
  seq INTEGER PRIMARY KEY,
  contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE INDEX owed_receipts_of_contact ON owed_receipts (contact, device);

-- Sender ids of what was processed: a second copy is acknowledged and dropped.
CREATE TABLE seen (
  contact INTEGER NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (contact, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX seen_at ON seen (at);

CREATE TABLE notices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL,
  peer TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  shown INTEGER NOT NULL DEFAULT 0
) STRICT;
)sql";

// The private keys live in the key agent (docs/spec/agent.md), and are erased there once a session is stored here.
constexpr const char* version_2 = R"sql(
DROP TABLE key_items;

CREATE TABLE to_forget (
  session BLOB PRIMARY KEY,
  suite INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  one_time INTEGER  -- NULL: reusable prekeys only
) WITHOUT ROWID, STRICT;
)sql";

constexpr std::array all_migrations{Migration{1, version_1}, Migration{2, version_2}};

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
