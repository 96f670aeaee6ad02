#include "client/loop.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/files.h"

namespace pqc::client {
namespace {

using std::chrono::milliseconds;

TEST(Loop, PostedWorkRunsInOrderAndNeverInside) {
  Loop loop;
  std::vector<int> order;
  loop.post([&] {
    loop.post([&] { order.push_back(2); });
    order.push_back(1);
  });
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 2; }));
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, ATimerFiresOnceAndNotAfterItsHandleIsGone) {
  Loop loop;
  int fired = 0;
  const auto kept = loop.after(milliseconds(1), [&] { ++fired; });
  loop.after(milliseconds(1), [&] { fired += 100; }).reset();
  bool later = false;
  const auto last = loop.after(milliseconds(20), [&] { later = true; });
  EXPECT_TRUE(loop.run_until([&] { return later; }));
  EXPECT_EQ(fired, 1);
}

TEST(Loop, ADeadlineEndsTheWait) {
  Loop loop;
  EXPECT_FALSE(loop.run_until([] { return false; }, std::chrono::steady_clock::now() + milliseconds(10)));
}

TEST(Loop, AHandleMayGoInItsOwnCall) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const FileDescriptor here(ends[0]);
  const FileDescriptor there(ends[1]);
  int calls = 0;
  Loop::HandlePtr handle;
  handle = loop.when_readable(here.get(), [&] {
    ++calls;
    handle.reset();
  });
  ASSERT_EQ(::write(there.get(), "xx", 2), 2);
  EXPECT_TRUE(loop.run_until([&] { return calls > 0; }));
  EXPECT_FALSE(loop.run_until([] { return false; }, std::chrono::steady_clock::now() + milliseconds(10)));
  EXPECT_EQ(calls, 1);
}

TEST(Loop, SignalsComeAsCalls) {
  Loop loop;
  int got = 0;
  const auto handle = loop.on_signals({SIGUSR1}, [&](int signal) { got = signal; });
  ::raise(SIGUSR1);
  EXPECT_TRUE(loop.run_until([&] { return got != 0; }));
  EXPECT_EQ(got, SIGUSR1);
}

}  // namespace
}  // namespace pqc::client
