#include "client/profile.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/agent_client/agent_client.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

class ProfileTest : public ::testing::Test {
 protected:
  ProfileLock lock() { return std::move(**ProfileLock::try_lock(paths)); }

  test::TemporaryFolder folder;
  ProfilePaths paths{folder.path()};
  KeyAccess access;
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
  EXPECT_EQ(open_profile(paths, lock(), access).error().code, ExitCode::not_registered);
}

TEST_F(ProfileTest, WhatWasMadeOpensAgain) {
  const auto held = lock();
  {
    ASSERT_TRUE(create_profile(paths, held, std::nullopt, access));
  }
  EXPECT_TRUE(open_profile(paths, held, access));
  EXPECT_TRUE(create_profile(paths, held, std::nullopt, access));
}

TEST_F(ProfileTest, AnInterruptedBeginningIsContinued) {
  const auto held = lock();
  {
    ASSERT_TRUE(AgentKeys::create(paths.agent(), std::nullopt));
  }
  EXPECT_TRUE(create_profile(paths, held, std::nullopt, access));
}

TEST_F(ProfileTest, MissingKeysAreDamageAndChangeNothing) {
  const auto held = lock();
  {
    ASSERT_TRUE(create_profile(paths, held, std::nullopt, access));
  }
  const auto size = std::filesystem::file_size(paths.database());
  std::filesystem::rename(paths.vault(), paths.keys() / "vault.away");
  EXPECT_EQ(open_profile(paths, held, access).error().code, ExitCode::damaged);
  EXPECT_EQ(create_profile(paths, held, std::nullopt, access).error().code, ExitCode::damaged);
  EXPECT_EQ(std::filesystem::file_size(paths.database()), size);
}

TEST_F(ProfileTest, KeysWithoutTheirDatabaseAreDamage) {
  const auto held = lock();
  {
    auto made = create_profile(paths, held, std::nullopt, access);
    ASSERT_TRUE(made);
    const std::array suites{crypto::SuiteId::standard};
    ASSERT_TRUE(made->keys->holder().create(*identity::AccountName::make("alice", "test"), {1}, suites));
  }
  std::filesystem::remove(paths.database());
  EXPECT_EQ(open_profile(paths, held, access).error().code, ExitCode::damaged);
}

TEST_F(ProfileTest, AnAgentThatCannotBeStartedIsNamed) {
  const auto nowhere = create_profile(paths, lock(), std::nullopt, {.ask = {}, .agent_program = "/nowhere/keyd"});
  EXPECT_EQ(nowhere.error().code, ExitCode::missing);
}

TEST_F(ProfileTest, AProfileWithItsKeysInAFileIsRefusedClearly) {
  const auto held = lock();
  ASSERT_TRUE(write_private_file(paths.folder / "key", Bytes(38)));
  ASSERT_TRUE(write_private_file(paths.database(), Bytes(100)));
  for (const auto& opened :
       {open_profile(paths, held, access).error(), create_profile(paths, held, std::nullopt, access).error()}) {
    EXPECT_EQ(opened.code, ExitCode::too_old);
    EXPECT_NE(opened.message.find("register in another --profile"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(paths.keys()));
}

TEST_F(ProfileTest, APassphraseOpensAndNothingElseDoes) {
  const auto held = lock();
  const auto given = [](const char* text) {
    return KeyAccess{.ask = [text] { return std::optional(SecretBytes(as_bytes(std::string_view(text)))); },
                     .agent_program = {}};
  };
  {
    ASSERT_TRUE(create_profile(paths, held, SecretBytes(as_bytes("correct horse")), access));
  }
  keys::agent_client::AgentClient agent(paths.agent());
  // Whoever is asked again finds it open.
  EXPECT_TRUE(open_profile(paths, held, access));
  ASSERT_TRUE(agent.lock());
  EXPECT_EQ(open_profile(paths, held, access).error().code, ExitCode::locked);
  EXPECT_EQ(open_profile(paths, held, given("wrong")).error().code, ExitCode::wrong_key);
  EXPECT_TRUE(open_profile(paths, held, given("correct horse")));
}

}  // namespace
}  // namespace pqc::client
