// docs/spec/vault.md §7: wrong passphrases wait longer and longer, across restarts.
#include "keys/vault/attempts.h"

#include <gtest/gtest.h>

#include "keys/vault/limits.h"
#include "support/temporary_folder.h"

namespace pqc::keys::vault {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct AttemptsTest : testing::Test {
  test::TemporaryFolder temporary;
  KeyFolder folder = *KeyFolder::open(temporary.path());
  ManualClock clock;
  Attempts attempts{folder, clock};
};

TEST(Delay, DoublesUpToItsLimit) {
  EXPECT_EQ(delay_after(0), milliseconds(0));
  EXPECT_EQ(delay_after(2), milliseconds(0));
  EXPECT_EQ(delay_after(3), seconds(1));
  EXPECT_EQ(delay_after(4), seconds(2));
  EXPECT_EQ(delay_after(11), seconds(256));
  EXPECT_EQ(delay_after(12), seconds(300));
  EXPECT_EQ(delay_after(0xFFFFFFFF), seconds(300));
}

TEST_F(AttemptsTest, TheThirdFailureStartsTheDelay) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(attempts.begin());
  EXPECT_EQ(attempts.begin().error(), Error::wait);
  EXPECT_EQ(attempts.time_left(), seconds(1));
  clock.advance(seconds(1));
  EXPECT_TRUE(attempts.begin());
  EXPECT_EQ(attempts.time_left(), seconds(2));
  EXPECT_EQ(attempts.failures(), 4);
}

TEST_F(AttemptsTest, AnInterruptedTryCounts) {
  ASSERT_TRUE(attempts.begin());
  EXPECT_EQ(Attempts(folder, clock).failures(), 1);
}

TEST_F(AttemptsTest, ASuccessStartsAgain) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(attempts.begin());
  ASSERT_TRUE(attempts.succeeded());
  EXPECT_EQ(attempts.failures(), 0);
  EXPECT_TRUE(attempts.begin());
  ASSERT_TRUE(attempts.succeeded());
  ASSERT_TRUE(attempts.succeeded());
}

TEST_F(AttemptsTest, AClockThatWasSetBackDoesNotLockOut) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(attempts.begin());
  clock.set({0});
  EXPECT_EQ(attempts.time_left(), max_delay);
}

TEST_F(AttemptsTest, AnotherLengthCountsAsNone) {
  ASSERT_TRUE(folder.replace(files::attempts, as_bytes("short")));
  EXPECT_EQ(attempts.failures(), 0);
  ASSERT_TRUE(folder.replace(files::attempts, Bytes(12, 0xFF)));
  EXPECT_EQ(attempts.time_left(), max_delay);
}

}  // namespace
}  // namespace pqc::keys::vault
