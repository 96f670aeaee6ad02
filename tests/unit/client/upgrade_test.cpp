// Databases of every older version are brought forward, with all that was in them.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "client/store/schema_upgrade.h"
#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

namespace fs = std::filesystem;

class UpgradeTest : public ::testing::TestWithParam<std::int64_t> {
 protected:
  UpgradeTest() : file(fs::path(folder.path()) / "profile.db") {
    std::ifstream in(std::string(PQC_SCHEMAS) + "/version_" + std::to_string(GetParam()) + ".sql");
    std::stringstream sql;
    sql << in.rdbuf();
    auto database = Database::open(file, key, true);
    EXPECT_TRUE(database);
    // As older versions made it.
    EXPECT_TRUE((*database)->script("PRAGMA auto_vacuum=NONE; VACUUM"));
    EXPECT_TRUE((*database)->script(sql.str().c_str())) << "no fixture for version " << GetParam();
  }

  std::int64_t number(Database& database, std::string_view sql) {
    auto found = database.one(sql, [](const Row& row) { return row.integer(0); });
    EXPECT_TRUE(found) << sql;
    return found ? found->value_or(-1) : -1;
  }

  const DatabaseKey key;
  test::TemporaryFolder folder;
  fs::path file;
};

TEST_P(UpgradeTest, NothingIsLost) {
  auto store = Store::open(file, key, false);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(*(*store)->database->pragma("user_version"), newest_schema_version());
  const auto bob = (*store)->contacts.find("bob@test");
  ASSERT_TRUE(bob && *bob);
  EXPECT_TRUE((*bob)->verified);
  EXPECT_FALSE((*bob)->barred);
  EXPECT_EQ((*bob)->timer, 0U);
  const auto history = (*store)->messages.history((*bob)->id, 10);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 2U);
  EXPECT_EQ(history->front().message.text, "Grüße aus der ersten Version");
  EXPECT_EQ((*store)->messages.to_seal(10)->size(), 1U);
  EXPECT_EQ((*store)->outbox.next(0, 10)->size(), 1U);
  EXPECT_EQ((*store)->messages.not_shown(10)->front().content, (Bytes{8, 9}));
  EXPECT_EQ((*store)->messages.notices_not_shown()->size(), 1U);
  EXPECT_EQ((*store)->account.number(setting::inbox_cursor)->value_or(0), 7);
  EXPECT_EQ(number(*(*store)->database, "SELECT count(*) FROM sessions"), 1);
  EXPECT_TRUE((*store)->database->check_integrity());
}

TEST_P(UpgradeTest, OldMessagesAreFoundByTheirWords) {
  auto store = Store::open(file, key, false);
  ASSERT_TRUE(store);
  const auto found = (*store)->search.find(
      {.contact = 0, .words = "grusse version", .since = {}, .before = {}, .after = {}, .limit = 10, .now = {}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 0U);  // sharp s is a letter of its own
  EXPECT_EQ(
      (*store)
          ->search
          .find({.contact = 0, .words = "gruße ERSTEN", .since = {}, .before = {}, .after = {}, .limit = 10, .now = {}})
          ->size(),
      1U);
}

TEST_P(UpgradeTest, PagesCanBeGivenBack) {
  auto store = Store::open(file, key, false);
  ASSERT_TRUE(store);
  EXPECT_EQ(*(*store)->database->pragma("auto_vacuum"), 2);
}

TEST_P(UpgradeTest, TheOlderDatabaseIsKeptBesideIt) {
  ASSERT_TRUE(Store::open(file, key, false));
  const auto copy = migration_copy(file, GetParam());
  ASSERT_TRUE(fs::exists(copy));
  EXPECT_EQ(fs::status(copy).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  {
    auto old = Database::open(copy, key, false);
    ASSERT_TRUE(old);
    EXPECT_EQ(*(*old)->pragma("user_version"), GetParam());
    EXPECT_EQ(number(**old, "SELECT count(*) FROM messages"), 3);
  }
  // Until it is old enough.
  ASSERT_TRUE(Store::open(file, key, false));
  EXPECT_TRUE(fs::exists(copy));
  fs::last_write_time(copy, fs::file_time_type::clock::now() - std::chrono::days(8));
  ASSERT_TRUE(Store::open(file, key, false));
  EXPECT_FALSE(fs::exists(copy));
}

TEST_P(UpgradeTest, WithoutRoomForTheCopyNothingIsChanged) {
  fs::create_directory(migration_copy(file, GetParam()).string() + ".new");
  EXPECT_FALSE(Store::open(file, key, false));
  auto database = Database::open(file, key, false);
  ASSERT_TRUE(database);
  EXPECT_EQ(*(*database)->pragma("user_version"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(EveryOlderVersion, UpgradeTest, ::testing::Range<std::int64_t>(1, newest_schema_version()));

}  // namespace
}  // namespace pqc::client
