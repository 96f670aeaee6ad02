// What every storage engine has to keep. A new engine adds one Engine type to Engines.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "server/storage/limits.h"
#include "server/storage/sqlite_database.h"
#include "server/storage/sqlite_store.h"

namespace pqc::server::storage {
namespace {

// A fresh database; open() again is a restart.
class SqliteEngine {
 public:
  SqliteEngine() {
    char path[] = "/tmp/pqc-store-XXXXXX";
    folder_ = ::mkdtemp(path);
  }
  ~SqliteEngine() { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Store> open() { return open_sqlite(file()).value(); }
  [[nodiscard]] std::string file(const std::string& name = "store.db") const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

template <class Engine>
class StorageContract : public testing::Test {
 protected:
  void SetUp() override {
    store = engine.open();
    transact([&] {
      const auto account = store->create_account("alice@test", 1, as_bytes("record 1"), now).value().value();
      alice = store->put_device(account, 1, {{3, to_bytes(as_bytes("key"))}}).value();
      alice_account = account;
      const auto other = store->create_account("bob@test", 1, as_bytes("record b"), now).value().value();
      bob = store->put_device(other, 1, {{3, to_bytes(as_bytes("bob's key"))}}).value();
    });
  }

  template <class F>
  void transact(F f) {
    ASSERT_TRUE(store->begin());
    f();
    ASSERT_TRUE(store->commit());
  }

  NewMessage message(std::uint8_t id, std::string_view body) {
    NewMessage out{bob, alice, alice_account, {id}, {}, now, as_bytes(body)};
    std::ranges::copy(as_bytes(body.substr(0, out.hash.size())), out.hash.begin());
    return out;
  }

  void restart() {
    store.reset();
    store = engine.open();
  }

  Engine engine;
  std::unique_ptr<Store> store;
  AccountId alice_account;
  MailboxId alice;
  MailboxId bob;
  UnixMillis now{1'700'000'000'000};
};

using Engines = testing::Types<SqliteEngine>;
TYPED_TEST_SUITE(StorageContract, Engines);

TYPED_TEST(StorageContract, MessagesComeInOrderAndGoWhenAcknowledged) {
  auto& t = *this;
  MessageId first;
  t.transact([&] {
    MessageId last;
    for (std::uint8_t i = 1; i <= 10; ++i) {
      const auto appended = t.store->append(t.message(i, "body " + std::to_string(i))).value();
      ASSERT_EQ(appended.outcome, AppendOutcome::stored);
      ASSERT_GT(appended.message, last);
      last = appended.message;
      if (i == 1) first = last;
    }
  });
  t.restart();
  t.transact([&] {
    const auto all = t.store->read_after(t.bob, {0}, 100, 1 << 20).value();
    ASSERT_EQ(all.size(), 10u);
    EXPECT_EQ(all[0].from_account, "alice@test");
    EXPECT_EQ(all[0].from_device, 1u);
    EXPECT_EQ(as_text(all[9].body), "body 10");
    EXPECT_EQ(t.store->read_after(t.bob, first, 4, 1 << 20).value().size(), 4u);
    EXPECT_EQ(t.store->read_after(t.bob, {0}, 100, 1).value().size(), 1u) << "at least one";
    EXPECT_EQ(t.store->newest(t.bob).value(), all[9].id);
    EXPECT_TRUE(t.store->remove_up_to(t.bob, all[6].id));
    EXPECT_EQ(t.store->read_after(t.bob, {0}, 100, 1 << 20).value().size(), 3u);
    EXPECT_EQ(t.store->usage(t.bob).value().items, 3u);
    EXPECT_EQ(t.store->usage(t.bob).value().bytes, 6u + 6u + 7u);
  });
}

TYPED_TEST(StorageContract, WhatARemovedDeviceSentKeepsItsName) {
  auto& t = *this;
  t.transact([&] {
    ASSERT_TRUE(t.store->append(t.message(1, "sent before")));
    ASSERT_TRUE(t.store->remove_device(t.alice_account, 1));
  });
  t.restart();
  t.transact([&] {
    const auto all = t.store->read_after(t.bob, {0}, 10, 1000).value();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].from_account, "alice@test");
    EXPECT_EQ(all[0].from_device, 1U);
    EXPECT_FALSE(t.store->find_login("alice@test", 1, 3).value());
    EXPECT_EQ(t.store->find_recipient("alice@test", 1).value().lookup, Lookup::no_device);
    EXPECT_EQ(t.store->totals().value().devices, 1U);
    EXPECT_TRUE(t.store->remove_device(t.alice_account, 1)) << "once more";
  });
}

// With half a mailbox of large bodies; the number of messages has the same rule.
TYPED_TEST(StorageContract, NobodyFillsAMailboxForAllOthers) {
  auto& t = *this;
  const std::string body(std::size_t{1} << 20, 'b');
  constexpr auto bodies = max_mailbox_bytes >> 20;
  std::uint8_t next = 0;
  MailboxId carol;
  AccountId carol_account;
  const auto from_carol = [&](std::uint8_t id) {
    auto message = t.message(id, body);
    message.from = carol;
    message.from_account = carol_account;
    return message;
  };
  t.transact([&] {
    carol_account = t.store->create_account("carol@test", 1, as_bytes("record c"), t.now).value().value();
    carol = t.store->put_device(carol_account, 1, {}).value();
    for (std::size_t i = 0; i < bodies / 2; ++i)
      ASSERT_EQ(t.store->append(t.message(++next, body)).value().outcome, AppendOutcome::stored) << i;
    EXPECT_EQ(t.store->append(t.message(++next, body)).value().outcome, AppendOutcome::quota);
    EXPECT_EQ(t.store->append(t.message(1, body)).value().outcome, AppendOutcome::duplicate) << "a retry";
  });
  t.restart();
  t.transact([&] {
    EXPECT_EQ(t.store->append(t.message(++next, body)).value().outcome, AppendOutcome::quota) << "also after a restart";
    for (std::size_t i = 0; i < bodies / 4; ++i)
      ASSERT_EQ(t.store->append(from_carol(static_cast<std::uint8_t>(i))).value().outcome, AppendOutcome::stored) << i;
    EXPECT_EQ(t.store->append(from_carol(255)).value().outcome, AppendOutcome::quota);
    const auto all = t.store->read_after(t.bob, {0}, bodies, SIZE_MAX).value();
    ASSERT_EQ(all.size(), 3 * bodies / 4);
    // Of both parts, so that there is room for either again.
    ASSERT_TRUE(t.store->remove_up_to(t.bob, all[bodies / 4 - 1].id));
    EXPECT_EQ(t.store->usage(t.bob).value().items, bodies / 2);
    EXPECT_EQ(t.store->append(from_carol(255)).value().outcome, AppendOutcome::stored);
    EXPECT_EQ(t.store->append(t.message(++next, body)).value().outcome, AppendOutcome::stored);
  });
}

TYPED_TEST(StorageContract, ARetryIsNoDuplicateAndOtherBytesAreAConflict) {
  auto& t = *this;
  MessageId id;
  t.transact([&] { id = t.store->append(t.message(1, "hello")).value().message; });
  t.restart();
  t.transact([&] {
    const auto again = t.store->append(t.message(1, "hello")).value();
    EXPECT_EQ(again.outcome, AppendOutcome::duplicate);
    EXPECT_EQ(again.message, id);
    EXPECT_EQ(t.store->append(t.message(1, "other")).value().outcome, AppendOutcome::conflict);
    EXPECT_TRUE(t.store->remove_up_to(t.bob, id));
    EXPECT_EQ(t.store->append(t.message(1, "hello")).value().outcome, AppendOutcome::duplicate)
        << "also once delivered";
    EXPECT_TRUE(t.store->read_after(t.bob, {0}, 10, 1000).value().empty());
  });
}

TYPED_TEST(StorageContract, IdsAreNotUsedTwiceAfterARestartOrARollback) {
  auto& t = *this;
  MessageId last;
  t.transact([&] { last = t.store->append(t.message(1, "a")).value().message; });
  t.restart();
  ASSERT_TRUE(t.store->begin());
  const auto rolled_back = t.store->append(t.message(2, "b")).value().message;
  EXPECT_GT(rolled_back, last);
  t.store->rollback();
  t.transact([&] {
    EXPECT_EQ(t.store->usage(t.bob).value().items, 1u);
    const auto appended = t.store->append(t.message(2, "b")).value();
    EXPECT_EQ(appended.outcome, AppendOutcome::stored);
    EXPECT_GT(appended.message, last);
    last = appended.message;
  });
  t.restart();
  t.transact([&] { EXPECT_GT(t.store->append(t.message(3, "c")).value().message, last); });
}

TYPED_TEST(StorageContract, AnAppendIdIsForgottenAfterItsLifetimeOnly) {
  auto& t = *this;
  t.transact([&] { ASSERT_TRUE(t.store->append(t.message(1, "old"))); });
  const auto sweep_all = [&](UnixMillis at) {
    t.transact([&] {
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(t.store->sweep(at));
    });
  };
  sweep_all(t.now + append_id_lifetime - std::chrono::hours(1));
  t.transact([&] { EXPECT_EQ(t.store->append(t.message(1, "old")).value().outcome, AppendOutcome::duplicate); });
  sweep_all(t.now + append_id_lifetime + std::chrono::hours(1));
  t.transact([&] { EXPECT_EQ(t.store->append(t.message(1, "old")).value().outcome, AppendOutcome::stored); });
}

TYPED_TEST(StorageContract, SweepingIsFasterThanAppending) {
  auto& t = *this;
  constexpr std::uint32_t count = 5 * sweep_step;
  const auto numbered = [&](std::uint32_t number) {
    auto message = t.message(0, "m");
    message.id = {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    return message;
  };
  t.transact([&] {
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_TRUE(t.store->append(numbered(i)));
  });
  t.transact([&] { EXPECT_TRUE(t.store->sweep(t.now + append_id_lifetime + std::chrono::hours(1))); });
  t.transact([&] {
    EXPECT_EQ(t.store->append(numbered(count - 1)).value().outcome, AppendOutcome::stored) << "not forgotten yet";
  });
}

TYPED_TEST(StorageContract, AccountsAndLogins) {
  auto& t = *this;
  t.transact([&] {
    EXPECT_FALSE(t.store->create_account("alice@test", 1, as_bytes("x"), t.now).value()) << "taken";
    EXPECT_EQ(t.store->find_account("nobody@test").value(), std::nullopt);
    const auto login = t.store->find_login("alice@test", 1, 3).value();
    ASSERT_TRUE(login);
    EXPECT_EQ(as_text(login->signature_key), "key");
    EXPECT_FALSE(t.store->find_login("alice@test", 1, 4).value());
    EXPECT_FALSE(t.store->find_login("alice@test", 2, 3).value());
    EXPECT_TRUE(t.store->set_generation(t.alice, 7));
    EXPECT_TRUE(t.store->set_generation(t.alice, 5));
    EXPECT_EQ(t.store->find_login("alice@test", 1, 3).value()->generation, 7u);
    EXPECT_TRUE(t.store->replace_record(t.alice_account, 2, as_bytes("record 2")));
    EXPECT_EQ(t.store->find_account("alice@test").value()->version, 2u);
    EXPECT_EQ(t.store->find_recipient("nobody@test", 1).value().lookup, Lookup::no_account);
    EXPECT_EQ(t.store->find_recipient("alice@test", 9).value().lookup, Lookup::no_device);
    EXPECT_EQ(t.store->find_recipient("alice@test", 1).value().mailbox, t.alice);
    EXPECT_TRUE(t.store->remove_device(t.alice_account, 1));
    EXPECT_EQ(t.store->find_recipient("alice@test", 1).value().lookup, Lookup::no_device);
  });
}

TYPED_TEST(StorageContract, AnInviteIsGoodOnceAndUntilItExpires) {
  auto& t = *this;
  t.transact([&] {
    EXPECT_TRUE(t.store->add_invite({1}, t.now + std::chrono::hours(1)));
    EXPECT_TRUE(t.store->add_invite({2}, t.now));
    EXPECT_TRUE(t.store->has_invite({1}, t.now).value());
    EXPECT_TRUE(t.store->use_invite({1}, t.now).value());
    EXPECT_FALSE(t.store->has_invite({1}, t.now).value());
    EXPECT_FALSE(t.store->use_invite({1}, t.now).value());
    EXPECT_FALSE(t.store->use_invite({2}, t.now).value());
    EXPECT_FALSE(t.store->use_invite({3}, t.now).value());
  });
}

TYPED_TEST(StorageContract, EachPairIsHandedOutOnceThenTheLastResort) {
  auto& t = *this;
  PrekeyBatch batch{
      3, 5, to_bytes(as_bytes("manifest")), to_bytes(as_bytes("last")), {}, t.now + std::chrono::hours(1)};
  for (const auto* pair : {"one", "two", "three"}) batch.one_time.push_back(to_bytes(as_bytes(pair)));
  t.transact([&] {
    EXPECT_TRUE(t.store->put_prekeys(t.alice, batch).value());
    EXPECT_FALSE(t.store->put_prekeys(t.alice, batch).value()) << "the batch id has to rise";
    for (const auto* pair : {"one", "two", "three"}) {
      const auto bundle = t.store->take_prekey(t.alice, 3, t.now).value().value();
      EXPECT_EQ(as_text(bundle.prekey), pair);
      EXPECT_FALSE(bundle.last_resort);
    }
    EXPECT_FALSE(t.store->count_prekeys(t.alice).value().at(0).last_resort_used);
    for (int i = 0; i < 2; ++i) {
      const auto bundle = t.store->take_prekey(t.alice, 3, t.now).value().value();
      EXPECT_EQ(as_text(bundle.prekey), "last");
      EXPECT_TRUE(bundle.last_resort);
    }
    EXPECT_TRUE(t.store->count_prekeys(t.alice).value().at(0).last_resort_used);
    EXPECT_FALSE(t.store->take_prekey(t.alice, 3, t.now + std::chrono::hours(2)).value()) << "expired";
    EXPECT_FALSE(t.store->take_prekey(t.alice, 4, t.now).value());
    auto foreign = batch;
    foreign.suite = 4;
    EXPECT_FALSE(t.store->put_prekeys(t.alice, foreign).value()) << "the device has no keys of that suite";
    EXPECT_EQ(t.store->count_hand_out(t.alice_account, t.bob, {0}).value(), 1u);
    EXPECT_EQ(t.store->count_hand_out(t.alice_account, t.bob, {0}).value(), 2u);
    EXPECT_EQ(t.store->count_hand_out(t.alice_account, t.bob, {1}).value(), 1u);
  });
}

// As version 1 made it: no names for what removed devices sent, an index without senders.
TEST(SqliteStore, BringsVersion1Forward) {
  SqliteEngine engine;
  auto store = engine.open();
  ASSERT_TRUE(store->begin());
  const auto account = store->create_account("a@test", 1, as_bytes("r"), {0}).value().value();
  const auto mailbox = store->put_device(account, 1, {}).value();
  ASSERT_TRUE(store->append({mailbox, mailbox, account, {1}, {}, {0}, as_bytes("kept")}));
  ASSERT_TRUE(store->commit());
  store.reset();
  ASSERT_TRUE(SqliteDatabase::open(engine.file(), OpenMode::read_write_create)
                  ->execute("ALTER TABLE mailbox DROP COLUMN removed; DROP INDEX message_by_mailbox;"
                            "CREATE INDEX message_by_mailbox ON message (mailbox, id, size); DROP TABLE blob;"
                            "PRAGMA user_version = 1"));
  EXPECT_EQ(read_totals(engine.file()).value().devices, 1U);
  store = engine.open();
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(as_text(store->read_after(mailbox, {0}, 10, 1000).value().at(0).body), "kept");
  EXPECT_TRUE(store->remove_device(account, 1));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(read_totals(engine.file()).value().devices, 0U);
}

TEST(SqliteStore, ABackupIsWholeAndStartsWithAHigherEpoch) {
  SqliteEngine engine;
  auto store = engine.open();
  ASSERT_TRUE(store->begin());
  const auto account = store->create_account("a@test", 1, as_bytes("r"), {0}).value().value();
  const auto mailbox = store->put_device(account, 1, {}).value();
  const NewMessage message{mailbox, mailbox, account, {1}, {}, {0}, as_bytes("kept")};
  ASSERT_TRUE(store->append(message));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(backup_sqlite(engine.file(), engine.file("copy.db"), {{"name", "content"}}));
  ASSERT_TRUE(store->begin());
  auto later = message;
  later.id = {2};
  const auto after_backup = store->append(later).value().message;
  ASSERT_TRUE(store->commit());
  const auto files = kept_files(engine.file("copy.db")).value();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].content, "content");
  ASSERT_TRUE(forget_kept_files(engine.file("copy.db")));
  auto copy = open_sqlite(engine.file("copy.db")).value();
  ASSERT_TRUE(copy->begin());
  EXPECT_EQ(copy->read_after(mailbox, {0}, 10, 1000).value().size(), 1u);
  EXPECT_GT(copy->append(later).value().message, after_backup);
  ASSERT_TRUE(copy->commit());
}

// The second time it is restored, clients hold cursors that the first one gave them.
TEST(SqliteStore, ABackupThatIsRestoredTwiceOnOneDayRepeatsNoId) {
  SqliteEngine engine;
  auto store = engine.open();
  ASSERT_TRUE(store->begin());
  const auto account = store->create_account("a@test", 1, as_bytes("r"), {0}).value().value();
  const auto mailbox = store->put_device(account, 1, {}).value();
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(backup_sqlite(engine.file(), engine.file("copy.db"), {}));
  std::filesystem::copy_file(engine.file("copy.db"), engine.file("again.db"));
  MessageId last;
  for (const auto* name : {"copy.db", "again.db"}) {
    const auto before = SystemClock().now();
    while (SystemClock().now() == before) {
    }
    // The first start gives no id out: what it began with has to last.
    ASSERT_TRUE(open_sqlite(engine.file(name)));
    auto copy = open_sqlite(engine.file(name)).value();
    ASSERT_TRUE(copy->begin());
    for (std::uint8_t i = 1; i <= 100; ++i) {
      const auto id = copy->append({mailbox, mailbox, account, {i}, {}, {0}, as_bytes("m")}).value().message;
      EXPECT_GT(id, last);
      last = id;
    }
    ASSERT_TRUE(copy->commit());
  }
}

TEST(SqliteStore, ABackupThatFailsLeavesNothing) {
  SqliteEngine engine;
  engine.open();
  EXPECT_FALSE(backup_sqlite(engine.file(), engine.file("no/such/folder.db"), {}));
  std::filesystem::create_directory(engine.file("taken"));
  EXPECT_FALSE(backup_sqlite(engine.file(), engine.file("taken"), {}));
  EXPECT_FALSE(std::filesystem::exists(engine.file("taken.new")));
  ASSERT_TRUE(backup_sqlite(engine.file(), engine.file("whole.db"), {}));
  EXPECT_FALSE(std::filesystem::exists(engine.file("whole.db.new")));
}

TEST(SqliteStore, RefusesWhatIsNotItsOwnOrNewer) {
  SqliteEngine engine;
  std::ofstream(engine.file()) << std::string(200, 'x');
  EXPECT_EQ(open_sqlite(engine.file()).error(), StoreError::damaged);
  EXPECT_EQ(open_sqlite(engine.file("no/such/folder.db")).error(), StoreError::no_permission);
}

Blob blob(std::uint8_t id, AccountId owner, std::uint64_t size, UnixMillis expires) {
  return {.id = {id}, .owner = owner, .size = size, .complete = false, .expires = expires};
}

TYPED_TEST(StorageContract, BlobsAreAddedOnceAndCompleted) {
  auto& t = *this;
  const BlobQuota quota{.bytes = 100, .count = 3};
  t.transact([&] {
    const auto expires = t.now + std::chrono::hours(1);
    EXPECT_EQ(t.store->add_blob(blob(1, t.alice_account, 60, expires), quota), BlobOutcome::added);
    EXPECT_EQ(t.store->add_blob(blob(1, t.alice_account, 60, expires), quota), BlobOutcome::known);
    EXPECT_EQ(t.store->add_blob(blob(1, t.alice_account, 61, expires), quota), BlobOutcome::conflict);
    EXPECT_EQ(t.store->add_blob(blob(1, AccountId{999}, 60, expires), quota), BlobOutcome::conflict);
    EXPECT_EQ(t.store->complete_blob({2}, expires), false);
    EXPECT_EQ(t.store->complete_blob({1}, expires), true);
  });
  t.restart();
  t.transact([&] {
    const auto found = t.store->find_blob({1}).value().value();
    EXPECT_EQ(found.size, 60U);
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.owner, t.alice_account);
    EXPECT_FALSE(t.store->find_blob({2}).value().has_value());
    EXPECT_EQ(t.store->totals().value().blobs, 1U);
    EXPECT_EQ(t.store->totals().value().blob_bytes, 60U);
  });
}

TYPED_TEST(StorageContract, AnAccountsBlobsHaveAQuota) {
  auto& t = *this;
  const BlobQuota quota{.bytes = 100, .count = 3};
  t.transact([&] {
    EXPECT_EQ(t.store->add_blob(blob(1, t.alice_account, 60, t.now), quota), BlobOutcome::added);
    EXPECT_EQ(t.store->add_blob(blob(2, t.alice_account, 41, t.now), quota), BlobOutcome::quota);
    EXPECT_EQ(t.store->add_blob(blob(2, t.alice_account, UINT64_MAX, t.now), quota), BlobOutcome::quota);
    EXPECT_EQ(t.store->add_blob(blob(2, t.alice_account, 20, t.now), quota), BlobOutcome::added);
    EXPECT_EQ(t.store->add_blob(blob(3, t.alice_account, 20, t.now), quota), BlobOutcome::added);
    EXPECT_EQ(t.store->add_blob(blob(4, t.alice_account, 0, t.now), quota), BlobOutcome::quota) << "too many";
    const auto other = t.store->find_account("bob@test").value()->id;
    EXPECT_EQ(t.store->add_blob(blob(5, other, 100, t.now), quota), BlobOutcome::added) << "another's share";
    EXPECT_TRUE(t.store->remove_blob({1}));
    EXPECT_EQ(t.store->add_blob(blob(4, t.alice_account, 60, t.now), quota), BlobOutcome::added);
  });
}

TYPED_TEST(StorageContract, ExpiredBlobsAreForgottenOldestFirst) {
  auto& t = *this;
  const BlobQuota quota{.bytes = 100, .count = 10};
  t.transact([&] {
    for (std::uint8_t i = 1; i <= 5; ++i)
      EXPECT_EQ(t.store->add_blob(blob(i, t.alice_account, 1, UnixMillis{100 - i}), quota), BlobOutcome::added);
    EXPECT_EQ(t.store->blobs_after({2}, 2).value(), (std::vector<BlobId>{{3}, {4}}));
    // Taking an upload up again puts its end off.
    EXPECT_EQ(t.store->add_blob(blob(5, t.alice_account, 1, UnixMillis{500}), quota), BlobOutcome::known);
    EXPECT_EQ(t.store->take_expired_blobs(UnixMillis{97}, 10).value(), (std::vector<BlobId>{{4}, {3}}));
    EXPECT_EQ(t.store->take_expired_blobs(UnixMillis{97}, 10).value(), std::vector<BlobId>());
    EXPECT_EQ(t.store->take_expired_blobs(UnixMillis{1000}, 2).value(), (std::vector<BlobId>{{2}, {1}}));
    EXPECT_EQ(t.store->blobs_after({}, 10).value(), (std::vector<BlobId>{{5}}));
  });
}

TEST(SqliteVersions, AnOlderDatabaseIsBroughtForward) {
  SqliteEngine engine;
  {
    const auto store = engine.open();
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->create_account("alice@test", 1, as_bytes("record"), {}).value());
    ASSERT_TRUE(store->commit());
  }
  {
    auto database = SqliteDatabase::open(engine.file(), OpenMode::read_write_create).value();
    ASSERT_TRUE(database.execute("DROP TABLE blob; PRAGMA user_version = 2"));
  }
  EXPECT_EQ(read_totals(engine.file()).value().accounts, 1U) << "before a server has started on it";
  const auto store = engine.open();
  ASSERT_TRUE(store->begin());
  EXPECT_TRUE(store->find_account("alice@test").value().has_value());
  EXPECT_FALSE(store->find_blob({1}).value().has_value());
  ASSERT_TRUE(store->commit());
}

}  // namespace
}  // namespace pqc::server::storage
