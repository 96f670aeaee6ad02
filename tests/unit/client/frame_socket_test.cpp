#include "client/remote/frame_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

TEST(FrameReader, FramesComeOutWholeHoweverTheyCameIn) {
  const Bytes stream{0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 'd'};
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameReader reader(10);
    std::vector<Bytes> frames;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      ASSERT_TRUE(reader.feed(ByteView(stream).subspan(at, std::min(step, stream.size() - at))));
      while (auto frame = reader.next()) frames.push_back(*frame);
    }
    EXPECT_EQ(frames, (std::vector<Bytes>{{'a', 'b', 'c'}, {}, {'d'}})) << step;
  }
}

TEST(FrameReader, AFrameOverTheLimitEndsIt) {
  FrameReader reader(3);
  EXPECT_TRUE(reader.feed(Bytes{0, 0, 0}));
  EXPECT_FALSE(reader.feed(Bytes{4}));
  EXPECT_FALSE(reader.next());
}

class FrameSocketTest : public ::testing::Test {
 protected:
  test::TemporaryFolder folder;
  Loop loop;
};

TEST_F(FrameSocketTest, AFrameGoesThereAndBack) {
  const auto path = std::filesystem::path(folder.path()) / "socket";
  auto listener = listen_local(path);
  ASSERT_TRUE(listener);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  auto there = connect_local(path);
  ASSERT_TRUE(there);
  std::optional<FileDescriptor> accepted;
  const auto readable = loop.when_readable(listener->get(), [&] { accepted = accept_local(*listener); });
  ASSERT_TRUE(loop.run_until([&] { return accepted.has_value(); }));

  const Bytes large(1'000'000, 'x');
  Bytes answer;
  FrameSocket client(loop, std::move(*there), [&](const Bytes& frame) { answer = frame; }, [] {});
  FrameSocket server(loop, std::move(*accepted), [&](const Bytes& frame) { server.send(frame); }, [] {});
  client.send(large);
  ASSERT_TRUE(loop.run_until([&] { return !answer.empty(); }));
  EXPECT_EQ(answer, large);
}

TEST_F(FrameSocketTest, ALongPathWorks) {
  const auto deep = std::filesystem::path(folder.path()) / std::string(100, 'd') / std::string(100, 'e');
  std::filesystem::create_directories(deep);
  const auto listener = listen_local(deep / "socket");
  ASSERT_TRUE(listener);
  EXPECT_TRUE(connect_local(deep / "socket"));
}

TEST_F(FrameSocketTest, ASocketLeftByTheDeadIsReplaced) {
  const auto path = std::filesystem::path(folder.path()) / "socket";
  {
    ASSERT_TRUE(listen_local(path));
  }
  EXPECT_FALSE(connect_local(path));
  EXPECT_TRUE(listen_local(path));
}

TEST_F(FrameSocketTest, TheOtherEndGoingIsTold) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  bool closed = false;
  FrameSocket socket(loop, FileDescriptor(ends[0]), [](const Bytes&) {}, [&] { closed = true; });
  FileDescriptor(ends[1]).reset();
  EXPECT_TRUE(loop.run_until([&] { return closed; }));
}

}  // namespace
}  // namespace pqc::client
