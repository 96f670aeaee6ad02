#include "server/storage/sqlite_store.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/storage/sqlite_accounts.h"
#include "server/storage/sqlite_blobs.h"
#include "server/storage/sqlite_mailboxes.h"
#include "server/storage/sqlite_prekeys.h"
#include "server/storage/sqlite_schema.h"

namespace pqc::server::storage {
namespace {

constexpr std::int64_t first_version_with_blobs = 3;

// The four subjects share one connection; this class only hands on.
class SqliteStore final : public Store {
 public:
  explicit SqliteStore(SqliteDatabase opened)
      : database_(std::move(opened)),
        accounts_(database_),
        prekeys_(database_),
        mailboxes_(database_),
        blobs_(database_),
        begin_(database_.handle(), "BEGIN IMMEDIATE"),
        commit_(database_.handle(), "COMMIT"),
        rollback_(database_.handle(), "ROLLBACK") {}

  Result<void> start(UnixMillis now) { return mailboxes_.start(now); }

  Result<void> begin() override { return begin_.use().run(); }
  Result<void> commit() override { return commit_.use().run(); }
  void rollback() override {
    // An error may have ended the transaction already (SQLITE_FULL does): then there is nothing to roll back.
    if (sqlite_in_transaction()) static_cast<void>(rollback_.use().run());
    accounts_.forget_cached();
    mailboxes_.forget_cached();
  }

  Result<std::optional<Account>> find_account(std::string_view name) override { return accounts_.find(name); }
  Result<std::optional<AccountId>> create_account(std::string_view name, std::uint64_t version, ByteView record,
                                                  UnixMillis now) override {
    return accounts_.create(name, version, record, now);
  }
  Result<void> replace_record(AccountId account, std::uint64_t version, ByteView record) override {
    return accounts_.replace_record(account, version, record);
  }
  Result<MailboxId> put_device(AccountId account, std::uint32_t device, const std::vector<DeviceKey>& keys) override {
    return accounts_.put_device(account, device, keys);
  }
  Result<void> remove_device(AccountId account, std::uint32_t device) override {
    const auto mailbox = accounts_.find_mailbox(account, device);
    if (!mailbox || !*mailbox) return mailbox.transform([](auto&) {});
    if (auto removed = mailboxes_.remove_all(**mailbox); !removed) return removed;
    if (auto removed = prekeys_.remove_all(**mailbox); !removed) return removed;
    return accounts_.remove_device(**mailbox);
  }
  Result<std::optional<LoginData>> find_login(std::string_view name, std::uint32_t device,
                                              std::uint16_t suite) override {
    return accounts_.find_login(name, device, suite);
  }
  Result<void> set_generation(MailboxId mailbox, std::uint64_t generation) override {
    return accounts_.set_generation(mailbox, generation);
  }
  Result<Recipient> find_recipient(std::string_view name, std::uint32_t device) override {
    return accounts_.find_recipient(name, device);
  }
  Result<void> add_invite(const TokenHash& token, UnixMillis expires) override {
    return accounts_.add_invite(token, expires);
  }
  Result<bool> has_invite(const TokenHash& token, UnixMillis now) override { return accounts_.has_invite(token, now); }
  Result<bool> use_invite(const TokenHash& token, UnixMillis now) override { return accounts_.use_invite(token, now); }

  Result<bool> put_prekeys(MailboxId mailbox, const PrekeyBatch& batch) override {
    return prekeys_.put(mailbox, batch);
  }
  Result<std::optional<Bundle>> take_prekey(MailboxId mailbox, std::uint16_t suite, UnixMillis now) override {
    return prekeys_.take(mailbox, suite, now);
  }
  Result<std::vector<PrekeyCount>> count_prekeys(MailboxId mailbox) override { return prekeys_.count(mailbox); }
  Result<std::uint32_t> count_hand_out(AccountId requester, MailboxId target, UnixMillis window) override {
    return prekeys_.count_hand_out(requester, target, window);
  }

  Result<Appended> append(const NewMessage& message) override { return mailboxes_.append(message); }
  Result<std::vector<StoredMessage>> read_after(MailboxId mailbox, MessageId cursor, std::size_t max_items,
                                                std::size_t max_bytes) override {
    return mailboxes_.read_after(mailbox, cursor, max_items, max_bytes);
  }
  Result<void> remove_up_to(MailboxId mailbox, MessageId cursor) override {
    return mailboxes_.remove_up_to(mailbox, cursor);
  }
  Result<MailboxUsage> usage(MailboxId mailbox) override { return mailboxes_.usage(mailbox); }
  Result<MessageId> newest(MailboxId mailbox) override { return mailboxes_.newest(mailbox); }

  Result<BlobOutcome> add_blob(const Blob& blob, const BlobQuota& quota) override { return blobs_.add(blob, quota); }
  Result<std::optional<Blob>> find_blob(const BlobId& id) override { return blobs_.find(id); }
  Result<bool> complete_blob(const BlobId& id, UnixMillis expires) override { return blobs_.complete(id, expires); }
  Result<std::vector<BlobId>> take_expired_blobs(UnixMillis now, std::size_t limit) override {
    return blobs_.take_expired(now, limit);
  }
  Result<std::vector<BlobId>> blobs_after(const BlobId& id, std::size_t limit) override {
    return blobs_.after(id, limit);
  }
  Result<void> remove_blob(const BlobId& id) override { return blobs_.remove(id); }

  Result<void> sweep(UnixMillis now) override {
    if (auto swept = accounts_.sweep(now); !swept) return swept;
    if (auto swept = prekeys_.sweep(now); !swept) return swept;
    return mailboxes_.sweep(now);
  }
  Result<Totals> totals() override { return total_of(database_); }

  // Also of a database that was not brought forward yet.
  static Result<Totals> total_of(SqliteDatabase& database);

 private:
  bool sqlite_in_transaction() const;

  SqliteDatabase database_;
  SqliteAccounts accounts_;
  SqlitePrekeys prekeys_;
  SqliteMailboxes mailboxes_;
  SqliteBlobs blobs_;
  Statement begin_;
  Statement commit_;
  Statement rollback_;
};

bool SqliteStore::sqlite_in_transaction() const {
  return database_.in_transaction();
}

Result<Totals> SqliteStore::total_of(SqliteDatabase& database) {
  const auto version = database.query_integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const std::string sql =
      "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM mailbox" +
      std::string(*version == 1 ? "" : " WHERE NOT removed") +
      "), (SELECT count(*) FROM message), (SELECT ifnull(sum(size), 0) FROM message), (SELECT count(*) FROM invite)";
  Statement statement(database.handle(), sql);
  auto use = statement.use();
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  const auto number = [&](int column) { return static_cast<std::uint64_t>(use.integer(column)); };
  Totals totals{number(0), number(1), number(2), number(3), number(4)};
  if (*version < first_version_with_blobs) return totals;
  const auto count = database.query_integer("SELECT count(*) FROM blob");
  const auto bytes = database.query_integer("SELECT ifnull(sum(size), 0) FROM blob");
  if (!count || !bytes) return std::unexpected(StoreError::damaged);
  totals.blobs = static_cast<std::uint64_t>(*count);
  totals.blob_bytes = static_cast<std::uint64_t>(*bytes);
  return totals;
}

Result<SqliteDatabase> open_existing(const std::string& file, OpenMode mode) {
  auto database = SqliteDatabase::open(file, mode);
  if (!database) return database;
  const auto version = database->query_integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > schema_version) return std::unexpected(StoreError::too_new);
  // What an older server made is brought forward when a server starts on it, and read as it is until then.
  if (*version < 1) return std::unexpected(StoreError::damaged);
  return database;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& file) {
  const auto mask = ::umask(S_IRWXG | S_IRWXO);
  auto database = SqliteDatabase::open(file, OpenMode::read_write_create);
  // The file is made by the first access, its log and index beside it get its mode.
  auto configured = database ? configure(*database) : Result<void>();
  ::umask(mask);
  if (!database) return std::unexpected(database.error());
  if (!configured) return std::unexpected(configured.error());
  if (auto prepared = prepare_schema(*database); !prepared) return std::unexpected(prepared.error());
  auto store = std::make_unique<SqliteStore>(std::move(*database));
  if (auto started = store->start(SystemClock().now()); !started) return std::unexpected(started.error());
  return store;
}

namespace {

Result<void> write_copy(const std::string& from, const std::string& to, const std::vector<KeptFile>& files) {
  auto source = open_existing(from, OpenMode::read_only);
  if (!source) return std::unexpected(source.error());
  Statement vacuum(source->handle(), "VACUUM INTO ?1");
  if (auto copied = vacuum.use().bind_text(to).run(); !copied) return copied;
  auto copy = open_existing(to, OpenMode::read_write_create);
  if (!copy) return std::unexpected(copy.error());
  const auto marked = copy->execute(
      "PRAGMA synchronous = FULL; INSERT OR REPLACE INTO setting VALUES ('restored', 1);"
      "CREATE TABLE kept_file (name TEXT PRIMARY KEY, content BLOB NOT NULL)");
  if (!marked) return marked;
  Statement keep(copy->handle(), "INSERT INTO kept_file VALUES (?1, ?2)");
  for (const auto& file : files) {
    if (auto kept = keep.use().bind_text(file.name).bind(as_bytes(file.content)).run(); !kept) return kept;
  }
  return {};
}

StoreError system_error(int code) {
  if (code == ENOSPC || code == EDQUOT) return StoreError::disk_full;
  return code == EACCES || code == EPERM || code == EROFS || code == ENOENT ? StoreError::no_permission
                                                                            : StoreError::io;
}

// An empty file of our own, that nobody planted and nobody else may read.
Result<void> make_empty(const std::string& file) {
  ::unlink(file.c_str());
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return std::unexpected(system_error(errno));
  ::close(fd);
  return {};
}

Result<void> make_durable(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return std::unexpected(system_error(errno));
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return code == 0 ? Result<void>() : std::unexpected(system_error(code));
}

}  // namespace

// The name is there once the copy is whole: half a copy, without the mark, would give out old message ids again.
Result<void> backup_sqlite(const std::string& from, const std::string& to, const std::vector<KeptFile>& files) {
  const auto unfinished = to + ".new";
  auto made = make_empty(unfinished);
  if (made) made = write_copy(from, unfinished, files);
  if (made) made = make_durable(unfinished);
  if (made && ::rename(unfinished.c_str(), to.c_str()) != 0) made = std::unexpected(system_error(errno));
  if (!made) ::unlink(unfinished.c_str());
  return made;
}

Result<std::vector<KeptFile>> kept_files(const std::string& file) {
  auto database = open_existing(file, OpenMode::read_write_create);
  if (!database) return std::unexpected(database.error());
  const auto there = database->query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'kept_file'");
  if (!there) return std::unexpected(there.error());
  std::vector<KeptFile> files;
  if (*there == 0) return files;
  Statement read(database->handle(), "SELECT name, content FROM kept_file");
  auto use = read.use();
  while (true) {
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return files;
    files.push_back({use.text(0), use.text(1)});
  }
}

Result<void> forget_kept_files(const std::string& file) {
  auto database = open_existing(file, OpenMode::read_write_create);
  if (!database) return std::unexpected(database.error());
  return database->execute("PRAGMA secure_delete = ON; DROP TABLE IF EXISTS kept_file");
}

Result<Totals> read_totals(const std::string& file) {
  auto database = open_existing(file, OpenMode::read_only);
  if (!database) return std::unexpected(database.error());
  return SqliteStore::total_of(*database);
}

Result<void> add_invite_to(const std::string& file, const TokenHash& token, UnixMillis expires) {
  auto database = open_existing(file, OpenMode::read_write_create);
  if (!database) return std::unexpected(database.error());
  if (auto configured = database->execute("PRAGMA synchronous = FULL"); !configured) return configured;
  SqliteAccounts accounts(*database);
  return accounts.add_invite(token, expires);
}

}  // namespace pqc::server::storage
