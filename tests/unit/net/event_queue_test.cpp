// What waits between the thread of libavahi-client and its owner's.
#include "net/dnssd/event_queue.h"

#include <string>

#include <gtest/gtest.h>
#include <poll.h>

namespace pqc::net::dnssd {
namespace {

bool readable(int fd) {
  pollfd at{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&at, 1, 0) == 1;
}

TEST(DnssdEventQueue, AFullOneTakesAFailureStill) {
  EventQueue<std::string> queue;
  EXPECT_FALSE(readable(queue.fd()));
  for (const auto* event : {"first", "second", "dropped"}) queue.put(event, 2);
  queue.put_failure("failed");
  queue.put_failure("failed again");
  for (const auto* event : {"first", "second", "failed"}) {
    EXPECT_TRUE(readable(queue.fd()));
    EXPECT_EQ(queue.take(), event);
  }
  EXPECT_FALSE(readable(queue.fd()));
  EXPECT_EQ(queue.take(), std::nullopt);
}

}  // namespace
}  // namespace pqc::net::dnssd
