#include "client/store/schema.h"

#include <gtest/gtest.h>

#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

constexpr Migration one{1, "CREATE TABLE first (a)"};
constexpr Migration two{2, "CREATE TABLE second (a); INSERT INTO second SELECT a FROM first"};
constexpr Migration three{3, "DROP TABLE first"};

class SchemaTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> open() {
    auto opened = Database::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  test::TemporaryFolder folder;
};

TEST_F(SchemaTest, AnEmptyFileGetsTheNewestVersion) {
  auto database = open();
  ASSERT_TRUE(migrate(*database));
  EXPECT_EQ(*database->pragma("user_version"), schema_migrations().back().to);
  EXPECT_EQ(*database->pragma("application_id"), application_id);
  EXPECT_TRUE(migrate(*database));
}

TEST_F(SchemaTest, AnOlderVersionIsBroughtForwardStepByStep) {
  auto database = open();
  ASSERT_TRUE(migrate(*database, std::array{one}, 1));
  ASSERT_TRUE(database->run("INSERT INTO first VALUES (7)"));
  ASSERT_TRUE(migrate(*database, std::array{one, two, three}, 1));
  EXPECT_EQ(*database->pragma("user_version"), 3);
  EXPECT_EQ(**database->one("SELECT a FROM second", [](const Row& row) { return row.integer(0); }), 7);
}

TEST_F(SchemaTest, AStepThatFailsLeavesTheOldVersionWhole) {
  auto database = open();
  ASSERT_TRUE(migrate(*database, std::array{one}, 1));
  constexpr Migration broken{2, "DROP TABLE first; SELECT nonsense"};
  EXPECT_FALSE(migrate(*database, std::array{one, broken}, 1));
  EXPECT_EQ(*database->pragma("user_version"), 1);
  EXPECT_TRUE(database->run("INSERT INTO first VALUES (7)"));
}

TEST_F(SchemaTest, NewerOlderAndForeignFilesAreRefusedUnchanged) {
  auto database = open();
  ASSERT_TRUE(migrate(*database, std::array{one, two}, 1));
  EXPECT_EQ(migrate(*database, std::array{one}, 1).error().code, ExitCode::too_new);
  EXPECT_EQ(migrate(*database, std::array{one, two, three}, 3).error().code, ExitCode::too_old);
  EXPECT_EQ(*database->pragma("user_version"), 2);
  ASSERT_TRUE(database->script("PRAGMA application_id = 5"));
  EXPECT_EQ(migrate(*database, std::array{one, two}, 1).error().code, ExitCode::damaged);
}

}  // namespace
}  // namespace pqc::client
