// Who may use a data folder that another server removes.
#include "server/data_folder.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace pqc::server {
namespace {

namespace fs = std::filesystem;

TEST(DataFolderTest, OneThatWasRemovedMakesRoomForAnother) {
  const test::TemporaryFolder temporary;
  const auto path = temporary.path("data");
  auto first = DataFolder::open(path).value();
  EXPECT_TRUE(first.is_new());
  EXPECT_EQ(DataFolder::open(path).error().code, ExitCode::busy);
  ASSERT_TRUE(first.write("note", "first"));
  first.discard();
  EXPECT_TRUE(fs::is_empty(temporary.path()));
  const auto second = DataFolder::open(path).value();
  EXPECT_TRUE(second.is_new());
  ASSERT_TRUE(second.write("note", "second"));
  EXPECT_EQ(second.read("note").value(), "second");
}

TEST(DataFolderTest, OneThatWasUsedIsNotNew) {
  const test::TemporaryFolder temporary;
  const auto path = temporary.path("data");
  {
    const auto made = DataFolder::open(path).value();
  }
  EXPECT_FALSE(DataFolder::open(path).value().is_new());
}

// Each makes the folder, uses it as its own and removes it, as servers do that cannot start, and takes no notice of
// the other one.
TEST(DataFolderTest, NobodyRemovesWhatAnotherUses) {
  const test::TemporaryFolder temporary;
  const auto path = temporary.path("data");
  auto use = [&path](const std::string& name) {
    int used = 0;
    while (used < 100) {
      auto folder = DataFolder::open(path);
      if (!folder) continue;
      ++used;
      EXPECT_TRUE(folder->write("note", name));
      const auto note = folder->read("note");
      EXPECT_TRUE(note && *note == name);
      folder->discard();
    }
  };
  std::thread other(use, "other");
  use("one");
  other.join();
}

}  // namespace
}  // namespace pqc::server
