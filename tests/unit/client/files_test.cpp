// What files on their way lean on: the source, the file that is being written, the window.
#include <fstream>

#include <gtest/gtest.h>

#include "client/attachments/part_file.h"
#include "client/attachments/source_file.h"
#include "client/attachments/transfer_window.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class FilesTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(folder.path(name)) << content;
    return folder.path(name);
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::TemporaryFolder folder;
};

TEST_F(FilesTest, ASourceIsReadWhereItIsNeeded) {
  const auto source = SourceFile::open(write("source", "0123456789")).value();
  EXPECT_EQ(source.mark().size, 10);
  Bytes part(4);
  ASSERT_TRUE(source.read(3, part));
  EXPECT_EQ(as_text(part), "3456");
  EXPECT_EQ(source.read(8, part).error().code, ExitCode::file_changed);
  EXPECT_TRUE(source.unchanged());
  write("source", "012345678");
  EXPECT_EQ(source.unchanged().error().code, ExitCode::file_changed);
}

TEST_F(FilesTest, OnlyRegularFilesAreSources) {
  EXPECT_EQ(SourceFile::open(folder.path()).error().code, ExitCode::usage);
  EXPECT_EQ(SourceFile::open(folder.path("nothing")).error().code, ExitCode::missing);
  EXPECT_EQ(SourceFile::open("/dev/null").error().code, ExitCode::usage);
}

TEST_F(FilesTest, NamesAreSentWithoutFolders) {
  EXPECT_EQ(SourceFile::name_of("/home/alice/notes.txt"), "notes.txt");
  EXPECT_EQ(SourceFile::name_of("/home/\xFF"), "file");
  EXPECT_EQ(SourceFile::name_of("/"), "file");
  EXPECT_EQ(SourceFile::media_type_of("a.JPG"), "image/jpeg");
  EXPECT_EQ(SourceFile::media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_EQ(SourceFile::media_type_of("noext"), "application/octet-stream");
}

TEST_F(FilesTest, PlacesAreFreeOrRefused) {
  EXPECT_EQ(place_for(folder.path("new"), "x").value(), folder.path("new"));
  EXPECT_EQ(place_for(folder.path(), "-name").value(), folder.path("_name"));
  EXPECT_EQ(place_for(folder.path(), ".bashrc").value(), folder.path("_bashrc"));
  write("taken", "mine");
  EXPECT_EQ(place_for(folder.path("taken"), "x").error().code, ExitCode::usage);
  EXPECT_EQ(place_for(folder.path(), "taken").error().code, ExitCode::usage);
  fs::create_symlink(folder.path("nowhere"), folder.path("link"));
  EXPECT_EQ(place_for(folder.path("link"), "x").error().code, ExitCode::usage);
  EXPECT_EQ(place_for(folder.path("no/folder"), "x").error().code, ExitCode::missing);
}

TEST_F(FilesTest, TheLongestNameHasRoomForItsUnfinishedForm) {
  EXPECT_EQ(part_name("/a/b.txt", "01234567"), "/a/b.txt.01234567.part");
  std::string longest;
  while (longest.size() + 2 <= limits::file_name_bytes) longest += "ü";
  for (const auto& name : {longest, longest + "x", "x" + longest}) {
    const auto part = part_name(folder.path(name), "01234567");
    EXPECT_LE(fs::path(part).filename().string().size(), 255U);
    EXPECT_TRUE(is_utf8(fs::path(part).filename().string()));
    EXPECT_TRUE(PartFile::open(part, 0, false)) << name.size();
    fs::remove(part);
  }
}

TEST_F(FilesTest, OnlyUnfinishedFilesOfOurOwnAreRemoved) {
  const auto mine = write("notes.txt", "mine");
  remove_part(mine);
  EXPECT_TRUE(fs::exists(mine));
  fs::create_symlink(mine, folder.path("link.part"));
  remove_part(folder.path("link.part"));
  EXPECT_TRUE(fs::is_symlink(folder.path("link.part")));
  remove_part(write("x.part", "half"));
  EXPECT_FALSE(fs::exists(folder.path("x.part")));
}

TEST_F(FilesTest, AFileGetsItsNameWhenItIsWhole) {
  const auto name = folder.path("x.part");
  auto part = PartFile::open(name, 0, false).value();
  EXPECT_EQ(fs::status(name).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(part.write(0, as_bytes("hello ")));
  ASSERT_TRUE(part.write(6, as_bytes("you")));
  write("taken", "mine");
  EXPECT_EQ(part.finish(folder.path("taken")).error().code, ExitCode::usage);
  EXPECT_EQ(read(folder.path("taken")), "mine");
  ASSERT_TRUE(part.finish(folder.path("x")));
  EXPECT_EQ(read(folder.path("x")), "hello you");
  EXPECT_FALSE(fs::exists(name));
}

TEST_F(FilesTest, AnEarlierRunsFileIsGoneOnWith) {
  const auto name = folder.path("x.part");
  {
    auto part = PartFile::open(name, 0, false).value();
    ASSERT_TRUE(part.write(0, as_bytes("0123456789")));
  }
  EXPECT_EQ(PartFile::open(name, 0, false).error().code, ExitCode::usage) << "it may be another's";
  EXPECT_EQ(PartFile::open(name, 11, true).error().code, ExitCode::missing);
  auto part = PartFile::open(name, 4, true).value();
  EXPECT_EQ(fs::file_size(name), 4U) << "what was not confirmed is written anew";
  ASSERT_TRUE(part.write(4, as_bytes("abc")));
  part.remove();
  EXPECT_FALSE(fs::exists(name));
}

TEST_F(FilesTest, FilesOfOthersAreNotGoneOnWith) {
  fs::create_symlink(write("target", "mine"), folder.path("link.part"));
  EXPECT_FALSE(PartFile::open(folder.path("link.part"), 0, true));
  write("open.part", "readable by others");
  fs::permissions(folder.path("open.part"), fs::perms(0644));
  EXPECT_EQ(PartFile::open(folder.path("open.part"), 0, true).error().code, ExitCode::usage);
  const auto twice = write("twice.part", "has two names");
  fs::permissions(twice, fs::perms(0600));
  fs::create_hard_link(twice, folder.path("other"));
  EXPECT_EQ(PartFile::open(twice, 0, true).error().code, ExitCode::usage);
  EXPECT_EQ(read(folder.path("target")), "mine");
  EXPECT_EQ(read(folder.path("other")), "has two names");
}

TEST(TransferWindow, FollowsTheDelay) {
  TransferWindow window;
  EXPECT_EQ(window.chunks(), 1U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(window.part(), 1U);
    EXPECT_LE(window.part(), limits::part_chunks);
    EXPECT_LE(window.part(), window.chunks());
    window.answered(milliseconds(10));
  }
  EXPECT_EQ(window.chunks(), limits::window_chunks);
  window.answered(milliseconds(500));
  EXPECT_EQ(window.chunks(), limits::window_chunks) << "neither quick nor slow";
  window.answered(milliseconds(3000));
  EXPECT_EQ(window.chunks(), limits::window_chunks / 2);
  for (int i = 0; i < 100; ++i) window.answered(milliseconds(3000));
  EXPECT_EQ(window.chunks(), 1U);
}

}  // namespace
}  // namespace pqc::client
