#include "client/profile.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

class ProfileTest : public ::testing::Test {
 protected:
  ProfileLock lock() { return std::move(**ProfileLock::try_lock(paths)); }

  test::TemporaryFolder folder;
  ProfilePaths paths{folder.path()};
  crypto::SeededRng rng{1};
};

TEST_F(ProfileTest, OneAtATimeOwnsIt) {
  auto first = ProfileLock::try_lock(paths);
  ASSERT_TRUE(first && *first);
  // The lock belongs to the open file: a second attempt fails in this process too.
  auto second = ProfileLock::try_lock(paths);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->has_value());
  first->reset();
  second = ProfileLock::try_lock(paths);
  EXPECT_TRUE(second && *second);
}

TEST_F(ProfileTest, TheLockGoesWithAProcessThatIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto held = ProfileLock::try_lock(paths);
    const char done = held && *held ? 1 : 0;
    if (::write(pipe_ends[1], &done, 1) != 1) ::_exit(1);
    ::pause();
  }
  char locked = 0;
  ASSERT_EQ(::read(pipe_ends[0], &locked, 1), 1);
  ASSERT_EQ(locked, 1);
  EXPECT_FALSE(ProfileLock::try_lock(paths)->has_value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(ProfileLock::try_lock(paths)->has_value());
}

TEST_F(ProfileTest, AnEmptyFolderIsNoProfile) {
  EXPECT_FALSE(paths.exists());
  EXPECT_EQ(open_profile(paths, lock(), {}).error().code, ExitCode::not_registered);
}

TEST_F(ProfileTest, WhatWasMadeOpensAgain) {
  const auto held = lock();
  {
    ASSERT_TRUE(create_profile(paths, held, std::nullopt, rng));
  }
  EXPECT_TRUE(open_profile(paths, held, {}));
  EXPECT_TRUE(create_profile(paths, held, std::nullopt, rng));
}

TEST_F(ProfileTest, AnInterruptedBeginningIsContinued) {
  const auto held = lock();
  ASSERT_TRUE(create_key_file(paths.key(), std::nullopt, rng));
  EXPECT_TRUE(create_profile(paths, held, std::nullopt, rng));
}

TEST_F(ProfileTest, AMissingOrForeignKeyIsDamageAndChangesNothing) {
  const auto held = lock();
  {
    ASSERT_TRUE(create_profile(paths, held, std::nullopt, rng));
  }
  const auto size = std::filesystem::file_size(paths.database());
  std::filesystem::rename(paths.key(), std::filesystem::path(folder.path()) / "key.away");
  EXPECT_EQ(open_profile(paths, held, {}).error().code, ExitCode::damaged);
  EXPECT_EQ(create_profile(paths, held, std::nullopt, rng).error().code, ExitCode::damaged);
  ASSERT_TRUE(create_key_file(paths.key(), std::nullopt, rng));
  EXPECT_EQ(open_profile(paths, held, {}).error().code, ExitCode::damaged);
  EXPECT_EQ(std::filesystem::file_size(paths.database()), size);
}

}  // namespace
}  // namespace pqc::client
