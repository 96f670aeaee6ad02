// The loop under a connection to PulseAudio, by the rules of pa_mainloop_api: no server is needed.
#include "media/voice/pulse_loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;

class PulseLoopTest : public ::testing::Test {
 protected:
  ~PulseLoopTest() override { ::close(fd_); }

  pa_mainloop_api* api() { return loop_.api(); }
  static int& number(void* user) { return *static_cast<int*>(user); }

  int fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  PulseLoop loop_;
  int calls_ = 0;
};

TEST_F(PulseLoopTest, TellsOfDescriptorsAsLongAsItIsWanted) {
  auto* const event = api()->io_new(
      api(), fd_, PA_IO_EVENT_INPUT, [](auto*, auto*, int, auto flags, void* user) { number(user) += flags; }, &calls_);
  EXPECT_FALSE(loop_.iterate(0us));
  ::eventfd_write(fd_, 1);
  EXPECT_TRUE(loop_.iterate(1s));
  EXPECT_EQ(calls_, PA_IO_EVENT_INPUT);
  api()->io_enable(event, PA_IO_EVENT_NULL);
  EXPECT_FALSE(loop_.iterate(0us));
  api()->io_enable(event, PA_IO_EVENT_OUTPUT);
  EXPECT_TRUE(loop_.iterate(1s));
  EXPECT_EQ(calls_, PA_IO_EVENT_INPUT + PA_IO_EVENT_OUTPUT);
  api()->io_free(event);
  EXPECT_FALSE(loop_.iterate(0us));
}

TEST_F(PulseLoopTest, FiresTimersOnceWhenTheyAreDue) {
  timeval due{};
  ::gettimeofday(&due, nullptr);
  auto* const event = api()->time_new(api(), &due, [](auto*, auto*, auto*, void* user) { ++number(user); }, &calls_);
  // The timer is what ends the wait.
  EXPECT_TRUE(loop_.iterate(1h));
  EXPECT_FALSE(loop_.iterate(0us));
  EXPECT_EQ(calls_, 1);
  api()->time_restart(event, &due);
  EXPECT_TRUE(loop_.iterate(1h));
  due.tv_sec += 3600;
  api()->time_restart(event, &due);
  EXPECT_FALSE(loop_.iterate(0us));
  api()->time_restart(event, nullptr);
  EXPECT_FALSE(loop_.iterate(0us));
  EXPECT_EQ(calls_, 2);
}

TEST_F(PulseLoopTest, DoesWhatWasPutOffBeforeItWaits) {
  auto* const event = api()->defer_new(
      api(),
      [](auto* at, auto* self, void* user) {
        if (++number(user) == 2) at->defer_enable(self, 0);
      },
      &calls_);
  EXPECT_TRUE(loop_.iterate(1h));
  EXPECT_TRUE(loop_.iterate(1h));
  EXPECT_FALSE(loop_.iterate(0us));
  api()->defer_enable(event, 1);
  EXPECT_TRUE(loop_.iterate(1h));
  EXPECT_EQ(calls_, 3);
}

// An event that frees itself, and one that is freed by another before its turn, are gone after that turn.
TEST_F(PulseLoopTest, EventsMayBeFreedByCallbacks) {
  struct Both {
    pa_defer_event* second = nullptr;
    int destroyed = 0;
    int late = 0;
  } both;
  auto* const first = api()->defer_new(
      api(),
      [](auto* at, auto* self, void* user) {
        at->defer_free(static_cast<Both*>(user)->second);
        at->defer_free(self);
      },
      &both);
  both.second = api()->defer_new(api(), [](auto*, auto*, void* user) { ++static_cast<Both*>(user)->late; }, &both);
  const auto destroyed = [](auto*, auto*, void* user) { ++static_cast<Both*>(user)->destroyed; };
  api()->defer_set_destroy(first, destroyed);
  api()->defer_set_destroy(both.second, destroyed);
  EXPECT_TRUE(loop_.iterate(0us));
  EXPECT_EQ(both.destroyed, 2);
  EXPECT_EQ(both.late, 0);
  EXPECT_FALSE(loop_.iterate(0us));
}

}  // namespace
}  // namespace pqc::media::voice
