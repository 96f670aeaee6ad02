#include "base/clock.h"

#include <limits>

#include <gtest/gtest.h>

namespace pqc {
namespace {

using std::chrono::milliseconds;
constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();

TEST(UnixMillis, AddsAndSubtracts) {
  EXPECT_EQ(UnixMillis{5} + milliseconds(3), UnixMillis{8});
  EXPECT_EQ(UnixMillis{5} - milliseconds(8), UnixMillis{-3});
  EXPECT_EQ(UnixMillis{5} - UnixMillis{-3}, milliseconds(8));
}

TEST(UnixMillis, StopsAtTheEndsOfItsRange) {
  EXPECT_EQ(UnixMillis{highest} + milliseconds(1), UnixMillis{highest});
  EXPECT_EQ(UnixMillis{lowest} + milliseconds(-1), UnixMillis{lowest});
  EXPECT_EQ(UnixMillis{lowest} - milliseconds(1), UnixMillis{lowest});
  EXPECT_EQ(UnixMillis{0} - UnixMillis{lowest}, milliseconds(highest));
  EXPECT_EQ(UnixMillis{-2} - UnixMillis{highest}, milliseconds(lowest));
}

}  // namespace
}  // namespace pqc
