#include "client/store/database.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

DatabaseKey key(std::uint8_t byte) {
  DatabaseKey out;
  std::ranges::fill(out.fill(), byte);
  return out;
}

class DatabaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> open(std::uint8_t byte = 1) {
    auto opened = Database::open(file, key(byte), true);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  std::int64_t count(Database& database) {
    return **database.one("SELECT count(*) FROM t", [](const Row& row) { return row.integer(0); });
  }

  test::TemporaryFolder folder;
  std::filesystem::path file = std::filesystem::path(folder.path()) / "profile.db";
};

TEST_F(DatabaseTest, OnlyItsOwnerReadsIt) {
  const auto before = ::umask(0);
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a)"));
  ::umask(before);
  for (const auto* suffix : {"", "-wal", "-shm"})
    EXPECT_EQ(std::filesystem::status(file.string() + suffix).permissions(), std::filesystem::perms(0600)) << suffix;
}

TEST_F(DatabaseTest, KeepsValuesOfEveryKind) {
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a, b, c, d)"));
  const Bytes blob{0, 1, 255};
  ASSERT_TRUE(database->run("INSERT INTO t VALUES (?, ?, ?, ?)", 42, "text", blob, std::optional<std::int64_t>()));
  auto read = database->one("SELECT a, b, c, d FROM t", [&](const Row& row) {
    EXPECT_EQ(row.integer(0), 42);
    EXPECT_EQ(row.text(1), "text");
    EXPECT_EQ(row.bytes(2), blob);
    EXPECT_TRUE(row.is_null(3));
    return true;
  });
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->has_value());
}

TEST_F(DatabaseTest, TheFileShowsNothing) {
  {
    auto database = open();
    ASSERT_TRUE(database->script("CREATE TABLE t (a); INSERT INTO t VALUES ('a canary that nobody may read')"));
  }
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_GT(bytes.size(), 1000u);
  EXPECT_EQ(bytes.find("canary"), std::string::npos);
  EXPECT_EQ(bytes.find("SQLite format"), std::string::npos);
}

TEST_F(DatabaseTest, AnotherKeyOpensNothing) {
  {
    ASSERT_TRUE(open()->script("CREATE TABLE t (a)"));
  }
  auto opened = Database::open(file, key(2), false);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ExitCode::damaged);
}

TEST_F(DatabaseTest, DamageIsFoundAndNamed) {
  {
    auto database = open();
    ASSERT_TRUE(database->script("CREATE TABLE t (a)"));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(database->run("INSERT INTO t VALUES (?)", std::string(500, 'x')));
  }
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(40'000);
  out.write("garbage", 7);
  out.close();
  auto opened = Database::open(file, key(1), false);
  const auto checked = opened ? (*opened)->check_integrity() : Status(pass(opened));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ExitCode::damaged);
}

TEST_F(DatabaseTest, MissingFilesAndFoldersAreNamed) {
  EXPECT_EQ(Database::open(file, key(1), false).error().code, ExitCode::missing);
  EXPECT_EQ(Database::open(std::filesystem::path(folder.path()) / "no" / "db", key(1), true).error().code,
            ExitCode::missing);
}

TEST_F(DatabaseTest, ATransactionThatIsDroppedLeavesNothing) {
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a)"));
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->run("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(count(*database), 0);
  auto transaction = Transaction::begin(*database);
  ASSERT_TRUE(database->run("INSERT INTO t VALUES (1)"));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(count(*database), 1);
}

TEST_F(DatabaseTest, AnInnerTransactionThatIsDroppedSpoilsTheWhole) {
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a)"));
  auto outer = Transaction::begin(*database);
  ASSERT_TRUE(database->run("INSERT INTO t VALUES (1)"));
  {
    auto inner = Transaction::begin(*database);
  }
  ASSERT_TRUE(database->run("INSERT INTO t VALUES (2)"));
  EXPECT_FALSE(outer->commit());
  EXPECT_EQ(count(*database), 0);
  // And the next one works again.
  auto next = Transaction::begin(*database);
  ASSERT_TRUE(database->run("INSERT INTO t VALUES (3)"));
  EXPECT_TRUE(next->commit());
  EXPECT_EQ(count(*database), 1);
}

// What SQLite does by itself when a write inside a transaction fails for want of room.
TEST_F(DatabaseTest, NothingIsWrittenAfterATransactionThatEndedByItself) {
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a)"));
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(transaction && database->run("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(database->script("ROLLBACK"));
    EXPECT_FALSE(database->run("INSERT INTO t VALUES (2)"));
    EXPECT_FALSE(transaction->commit());
  }
  EXPECT_EQ(count(*database), 0);
  auto next = Transaction::begin(*database);
  ASSERT_TRUE(next && database->run("INSERT INTO t VALUES (3)"));
  ASSERT_TRUE(next->commit());
  EXPECT_EQ(count(*database), 1);
}

TEST_F(DatabaseTest, AFullDiskIsNamedAndLosesNothing) {
  auto database = open();
  ASSERT_TRUE(database->script("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
  ASSERT_TRUE(database->script("PRAGMA max_page_count = 4"));
  auto transaction = Transaction::begin(*database);
  const auto filled = database->run("INSERT INTO t VALUES (?)", std::string(100'000, 'x'));
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, ExitCode::disk_full);
  {
    auto dropped = std::move(*transaction);
  }
  EXPECT_EQ(count(*database), 1);
}

}  // namespace
}  // namespace pqc::client
