#include "server/waiting.h"

#include <gtest/gtest.h>

namespace pqc::server {
namespace {

constexpr auto half = storage::max_waiting_job_bytes / 2;

TEST(Waiting, AConnectionHasItsOwnLimits) {
  EXPECT_FALSE(Waiting{}.is_full(0));
  EXPECT_FALSE((Waiting{max_waiting_requests - 1, max_waiting_bytes - 1}.is_full(half)));
  EXPECT_TRUE((Waiting{max_waiting_requests, 0}.is_full(0)));
  EXPECT_TRUE((Waiting{1, max_waiting_bytes}.is_full(0)));
}

TEST(Waiting, WhenStorageIsBehindWhoHasSomethingThereIsNotReadFrom) {
  EXPECT_TRUE((Waiting{1, 1}.is_full(half + 1)));
  EXPECT_FALSE((Waiting{1, 0}.is_full(half + 1))) << "what holds nothing does no harm";
}

TEST(Waiting, ReadingGoesOnWhenHalfIsDone) {
  EXPECT_TRUE((Waiting{max_waiting_requests / 2, max_waiting_bytes / 2}.has_room()));
  EXPECT_FALSE((Waiting{max_waiting_requests / 2 + 1, 0}.has_room()));
  EXPECT_FALSE((Waiting{1, max_waiting_bytes / 2 + 1}.has_room()));
}

// Each connection that has nothing waiting may still bring one frame.
TEST(Waiting, AFewConnectionsDoNotFillStorage) {
  constexpr std::size_t frame = std::size_t{1} << 20;
  std::size_t all = 0;
  for (int connection = 0; connection < 30; ++connection)
    for (Waiting one; !one.is_full(all); all += frame) one = {one.requests + 1, one.bytes + frame};
  EXPECT_LT(all, storage::max_waiting_job_bytes);
}

}  // namespace
}  // namespace pqc::server
