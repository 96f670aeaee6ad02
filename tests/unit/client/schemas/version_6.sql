-- A profile as version 6 of the schema made it: its own statements, and rows in every table that later versions touch.
-- Never changed: such databases are in the world.
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

CREATE TABLE to_forget (
  session BLOB PRIMARY KEY,
  suite INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  one_time INTEGER  -- NULL: reusable prekeys only
) WITHOUT ROWID, STRICT;

-- What a message answers or changes: the id and who wrote it (a direction).
ALTER TABLE messages ADD COLUMN target BLOB;
ALTER TABLE messages ADD COLUMN target_direction INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN expires_at INTEGER;
-- What changes have made of it.
ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN unsent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN their_reaction TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN our_reaction TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_of_target ON messages (contact, target) WHERE target IS NOT NULL;
CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE contacts ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN timer_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN timer_change BLOB;

-- Ids of incoming messages that were erased here: a repeated delivery does not bring them back.
CREATE TABLE removed (
  contact INTEGER NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (contact, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX removed_at ON removed (at);

-- Messages that were read, which their sender is still to be told.
CREATE TABLE owed_reads (
  message INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE
) STRICT;

-- The words of messages; kinds 3 and 4 (reaction, edit) count as what they made of the message that they name.
-- Without positions and sizes: half as large.
CREATE VIRTUAL TABLE message_words USING fts5 (
  text, content='messages', content_rowid='seq', detail=none, columnsize=0, tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_words (rowid, text) SELECT seq, text FROM messages WHERE text <> '';
CREATE TRIGGER message_words_add AFTER INSERT ON messages WHEN new.text <> '' AND new.kind NOT IN (3, 4) BEGIN
  INSERT INTO message_words (rowid, text) VALUES (new.seq, new.text);
END;
CREATE TRIGGER message_words_remove AFTER DELETE ON messages WHEN old.text <> '' AND old.kind NOT IN (3, 4) BEGIN
  INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.seq, old.text);
END;
CREATE TRIGGER message_words_change AFTER UPDATE OF text ON messages
  WHEN old.text <> new.text AND old.kind NOT IN (3, 4) BEGIN
  INSERT INTO message_words (message_words, rowid, text) SELECT 'delete', old.seq, old.text WHERE old.text <> '';
  INSERT INTO message_words (rowid, text) SELECT new.seq, new.text WHERE new.text <> '';
END;

-- Files on their way.
CREATE TABLE transfers (
  message INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  -- The file that is sent, or that is written.
  path BLOB NOT NULL,
  -- The chunk that comes next, and the chain so far.
  next INTEGER NOT NULL,
  chain BLOB NOT NULL,
  -- Of a file that is sent: what tells that it is the same still, and the chain of all of it once that is known.
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  whole_chain BLOB
) STRICT;

INSERT INTO account (id, name, server, host, port, pin, device, record, registered, created_at)
  VALUES (1, 'alice', 'test', '127.0.0.1', 8443, zeroblob(32), 1, x'01', 1, 1700000000000);
INSERT INTO settings (name, value) VALUES ('inbox_cursor', x'37');
INSERT INTO contacts (id, peer, state, verified, record, record_at, level, suite, added_at)
  VALUES (1, 'bob@test', 1, 1, x'02', 1700000000000, 3, 3, 1700000000000), (2, 'carol@test', 0, 0, x'03', 1, NULL, NULL, 2);
INSERT INTO sessions (contact, device, transcript, initial_hash, suite, sends, state, created_at, used_at)
  VALUES (1, 1, x'0405', NULL, 3, 1, x'0607', 1, 2);
INSERT INTO messages (id, contact, direction, device, sent_at, stored_at, kind, text, suite, verified, status, sealed, shown)
  VALUES (x'000102030405060708090A0B0C0D0E0F', 1, 0, 1, 1700000000001, 1700000000002, 1, 'Grüße aus der ersten Version', 3, 1, 4, 0, 1),
         (x'100102030405060708090A0B0C0D0E0F', 1, 1, 1, 1700000000003, 1700000000003, 1, 'an answer that waits', 0, 1, 0, 0, 0),
         (x'200102030405060708090A0B0C0D0E0F', 2, 0, 1, 1700000000004, 1700000000005, 2, '', 3, 0, 4, 0, 0);
UPDATE messages SET content = x'0809' WHERE kind = 2;
INSERT INTO outbox (id, contact, device, body, message, created_at) VALUES (x'0A', 1, 1, x'0B0C', 2, 1700000000003);
INSERT INTO expected_receipts (tag, message, contact, device) VALUES (x'0D', 2, 1, 1);
INSERT INTO owed_receipts (contact, device, tag) VALUES (2, 1, x'0E');
INSERT INTO notices (kind, peer, text, at) VALUES (2, 'bob@test', 'a notice', 1700000000006);
INSERT INTO transfers (message, path, next, chain, inode, size, changed_at) VALUES (1, x'2F746D702F78', 2, zeroblob(32), 0, 0, 0);
CREATE TABLE dead_blobs (
  id BLOB PRIMARY KEY
) WITHOUT ROWID, STRICT;
DROP INDEX messages_of_target;
CREATE INDEX changes_of_message ON messages (contact, target, target_direction, kind, direction, revision, id)
  WHERE target IS NOT NULL;
CREATE INDEX changes_with_text ON messages (contact, target, target_direction, kind, direction)
  WHERE target IS NOT NULL AND text <> '';
PRAGMA user_version = 6;
PRAGMA application_id = 1886479153;
