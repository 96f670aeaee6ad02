// The folder with blobs' bytes, the thread that writes them, and what a start repairs.
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "server/blobs/blob_worker.h"
#include "server/blobs/tidy.h"
#include "server/storage/sqlite_store.h"
#include "support/temporary_folder.h"

namespace pqc::server::blobs {
namespace {

namespace fs = std::filesystem;

constexpr BlobId one{1};
constexpr BlobId two{2};

class BlobFolderTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return fs::path(temporary.path()) / "blobs"; }
  [[nodiscard]] fs::path file(const BlobId& id) const { return path() / to_hex(id); }
  void append(const BlobId& id, std::uint64_t offset, std::string_view data) {
    ASSERT_EQ(folder.append(id, offset, as_bytes(data)), offset + data.size());
  }

  test::TemporaryFolder temporary;
  BlobFolder folder = BlobFolder::open(path().string()).value();
};

TEST_F(BlobFolderTest, GrowsAtItsEndOnly) {
  EXPECT_EQ(folder.prepare(one, 0, 10), 0U);
  append(one, 0, "hello");
  EXPECT_EQ(folder.append(one, 4, as_bytes("x")).error(), BlobError::misplaced);
  EXPECT_EQ(folder.append(one, 6, as_bytes("x")).error(), BlobError::misplaced);
  append(one, 5, " you!");
  EXPECT_TRUE(folder.sync(one));
  EXPECT_EQ(folder.read(one, 0, 10).value(), "hello you!");
  EXPECT_EQ(folder.read(one, 6, 3).value(), "you");
  EXPECT_EQ(folder.read(one, 6, 5).error(), BlobError::missing);
}

TEST_F(BlobFolderTest, OnlyTheServersUserMayReadIt) {
  ASSERT_TRUE(folder.prepare(one, 0, 10));
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(file(one)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(BlobFolderTest, OpeningAgainCutsWhatWasNotConfirmed) {
  ASSERT_TRUE(folder.prepare(one, 0, 10));
  append(one, 0, "0123456789");
  EXPECT_EQ(folder.prepare(one, 4, 10), 4U);
  append(one, 4, "abc");
  EXPECT_EQ(folder.read(one, 0, 7).value(), "0123abc");
  // What the uploader believes to be here and is not: the answer says where it has to begin.
  EXPECT_EQ(folder.prepare(one, 9, 10), 7U);
  EXPECT_EQ(folder.prepare(two, 9, 10), 0U);
}

TEST_F(BlobFolderTest, KnowsItsOwnFilesOnly) {
  ASSERT_TRUE(folder.prepare(one, 0, 1));
  std::ofstream(path() / "notes.txt") << "not a blob";
  EXPECT_EQ(folder.list().value(), std::vector{one});
  EXPECT_TRUE(folder.holds(one));
  folder.remove(one);
  folder.remove(two);
  EXPECT_FALSE(folder.holds(one));
  EXPECT_EQ(folder.read(one, 0, 1).error(), BlobError::missing);
  EXPECT_EQ(folder.append(one, 0, as_bytes("x")).error(), BlobError::missing);
}

TEST_F(BlobFolderTest, FollowsNoLink) {
  fs::create_symlink("/etc/hostname", file(one));
  EXPECT_FALSE(folder.prepare(one, 0, 1));
  EXPECT_FALSE(folder.read(one, 0, 1));
}

TEST_F(BlobFolderTest, LeavesRoomForMessages) {
  EXPECT_EQ(folder.prepare(one, 0, std::uint64_t{1} << 60U).error(), BlobError::disk_full);
}

// Reports come on the worker's thread here, under a lock.
class BlobWorkerTest : public BlobFolderTest {
 protected:
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return reports >= count; }));
  }
  BlobWorker::Stored stored() {
    return [this](Result<std::uint64_t> end) { ends.push_back(end); };
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t reports = 0;
  std::vector<Result<std::uint64_t>> ends;
  std::vector<std::string> pieces;
  BlobWorker worker{std::move(folder), [this](const std::function<void()>& report) {
                      const std::lock_guard lock(mutex);
                      report();
                      reports = ends.size() + pieces.size();
                      changed.notify_all();
                    }};
};

TEST_F(BlobWorkerTest, ReportsInOrderWhatIsOnDisk) {
  ASSERT_TRUE(worker.prepare(one, 0, 100, stored()));
  ASSERT_TRUE(worker.append(one, 0, "some ", stored()));
  ASSERT_TRUE(worker.append(one, 5, "bytes", stored()));
  ASSERT_TRUE(worker.append(one, 99, "misplaced", stored()));
  ASSERT_TRUE(worker.read(one, 0, 10, [this](Result<std::string> data) { pieces.push_back(data.value()); }));
  wait_for(5);
  EXPECT_EQ(ends, (std::vector<Result<std::uint64_t>>{0U, 5U, 10U, std::unexpected(BlobError::misplaced)}));
  EXPECT_EQ(pieces, std::vector<std::string>{"some bytes"});
  EXPECT_EQ(worker.waiting_bytes(), 0U);
  EXPECT_EQ(worker.stats().written_bytes, 10U);
  EXPECT_GE(worker.stats().syncs, 1U);
}

TEST_F(BlobWorkerTest, HoldsABoundedAmountOfMemory) {
  const std::string part(max_part_size, 'x');
  std::size_t taken = 0;
  {
    const std::lock_guard lock(mutex);  // nothing is reported, so all that is submitted counts
    while (worker.append(two, taken * part.size(), part, stored())) ++taken;
    EXPECT_EQ(taken, max_waiting_bytes / max_part_size);
    EXPECT_FALSE(worker.read(one, 0, 1, [](const Result<std::string>&) {}));
  }
  wait_for(taken);
  EXPECT_EQ(worker.waiting_bytes(), 0U);
}

TEST_F(BlobWorkerTest, StoppingFinishesWhatWasTaken) {
  ASSERT_TRUE(worker.prepare(one, 0, 4, stored()));
  ASSERT_TRUE(worker.append(one, 0, "last", stored()));
  worker.stop();
  EXPECT_EQ(ends, (std::vector<Result<std::uint64_t>>{0U, 4U}));
  EXPECT_FALSE(worker.append(one, 4, "more", stored()));
}

TEST_F(BlobFolderTest, AStartMakesDatabaseAndFolderSayTheSame) {
  const auto store = storage::open_sqlite((fs::path(temporary.path()) / "store.db").string()).value();
  ASSERT_TRUE(store->begin());
  const auto account = store->create_account("alice@test", 1, as_bytes("record"), {}).value().value();
  for (const auto& id : {one, two}) {
    ASSERT_TRUE(store->add_blob({.id = id, .owner = account, .size = 1, .complete = false, .expires = {9}},
                                {.bytes = 100, .count = 100}));
  }
  ASSERT_TRUE(store->commit());
  constexpr BlobId orphan{3};
  ASSERT_TRUE(folder.prepare(one, 0, 1));
  ASSERT_TRUE(folder.prepare(orphan, 0, 1));
  ASSERT_TRUE(tidy(*store, folder));
  EXPECT_EQ(folder.list().value(), std::vector{one});
  ASSERT_TRUE(store->begin());
  EXPECT_TRUE(store->find_blob(one).value().has_value());
  EXPECT_FALSE(store->find_blob(two).value().has_value());
  ASSERT_TRUE(store->commit());
}

}  // namespace
}  // namespace pqc::server::blobs
