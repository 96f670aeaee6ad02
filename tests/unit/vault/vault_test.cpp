// docs/spec/vault.md §4, §6, §9: ways in, writing, what a wrong secret and a foreign file answer.
#include "keys/vault/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "keys/vault/limits.h"
#include "support/temporary_folder.h"

namespace pqc::keys::vault {
namespace {

struct VaultTest : testing::Test {
  test::TemporaryFolder temporary;
  KeyFolder folder = *KeyFolder::open(temporary.path());
  ManualClock clock;
  crypto::SeededRng rng{11};
  VaultContext context{folder, clock, rng};
};

const ByteView passphrase = as_bytes("correct horse");

TEST_F(VaultTest, IsMadeWrittenAndOpened) {
  auto made = OpenVault::create(context, passphrase, false);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->vault.header().generation, 1);
  made->content.items.emplace("identity", SecretBytes(as_bytes("state")));
  ASSERT_TRUE(made->vault.save(made->content));
  EXPECT_EQ(OpenVault::create(context, passphrase, false).error(), Error::exists);

  const auto opened = OpenVault::unlock(context, Way::passphrase, passphrase);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->vault.header().generation, 2);
  EXPECT_TRUE(opened->content.store_key.equals(made->content.store_key));
  EXPECT_EQ(as_text(opened->content.items.at("identity").view()), "state");
  EXPECT_FALSE(folder.has(files::attempts));
}

TEST_F(VaultTest, AWrongPassphraseIsCountedAndDelayed) {
  ASSERT_TRUE(OpenVault::create(context, passphrase, false));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(OpenVault::unlock(context, Way::passphrase, as_bytes("guess")).error(), Error::wrong_secret);
  EXPECT_EQ(OpenVault::unlock(context, Way::passphrase, passphrase).error(), Error::wait);
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(OpenVault::unlock(context, Way::passphrase, passphrase));
  EXPECT_EQ(Attempts(folder, clock).failures(), 0);
}

TEST_F(VaultTest, AKeyFileOpensUnattended) {
  ASSERT_TRUE(OpenVault::create(context, {}, true));
  struct stat status{};
  ASSERT_EQ(stat(temporary.path("vault.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_TRUE(OpenVault::unlock(context, Way::key_file, {}));
  const auto secret = folder.read(files::key_file, 32);
  EXPECT_TRUE(OpenVault::unlock(context, Way::key_file, *secret));
  ASSERT_TRUE(folder.replace(files::key_file, Bytes(32, 1)));
  EXPECT_EQ(OpenVault::unlock(context, Way::key_file, {}).error(), Error::wrong_secret);
  ASSERT_TRUE(folder.remove(files::key_file));
  EXPECT_EQ(OpenVault::unlock(context, Way::key_file, {}).error(), Error::missing);
}

TEST_F(VaultTest, ThereIsAlwaysAWayThatStandsAlone) {
  EXPECT_EQ(OpenVault::create(context, {}, false).error(), Error::bad_secret);
  auto made = OpenVault::create(context, {}, true);
  ASSERT_TRUE(made);
  auto& [vault, content, elapsed] = *made;
  EXPECT_EQ(vault.enable_keyring(content).error(), Error::last_way);
  EXPECT_EQ(vault.disable(Way::key_file, content).error(), Error::last_way);
  ASSERT_TRUE(vault.prove({}));
  ASSERT_TRUE(vault.set_passphrase(passphrase, argon2_steps.front(), content));
  EXPECT_TRUE(vault.disable(Way::key_file, content));
  EXPECT_FALSE(folder.has(files::key_file));
  EXPECT_EQ(vault.disable(Way::passphrase, content).error(), Error::last_way);
  EXPECT_EQ(vault.disable(Way::key_file, content).error(), Error::no_such_way);
}

TEST_F(VaultTest, ALostKeyringLosesNothing) {
  auto made = OpenVault::create(context, passphrase, false);
  ASSERT_TRUE(made);
  auto& [vault, content, elapsed] = *made;
  const auto first = vault.enable_keyring(content);
  ASSERT_TRUE(first);
  EXPECT_TRUE(OpenVault::unlock(context, Way::keyring, first->view()));
  const auto second = vault.enable_keyring(content);
  ASSERT_TRUE(second);
  EXPECT_EQ(OpenVault::unlock(context, Way::keyring, first->view()).error(), Error::wrong_secret);
  EXPECT_TRUE(OpenVault::unlock(context, Way::keyring, second->view()));
  EXPECT_TRUE(OpenVault::unlock(context, Way::passphrase, passphrase));
  ASSERT_TRUE(vault.disable(Way::keyring, content));
  EXPECT_EQ(OpenVault::unlock(context, Way::keyring, second->view()).error(), Error::no_such_way);
}

TEST_F(VaultTest, ANewPassphraseTakesThePlaceOfTheOldOne) {
  auto made = OpenVault::create(context, passphrase, false);
  ASSERT_TRUE(made);
  auto& [vault, content, elapsed] = *made;
  EXPECT_EQ(vault.prove(as_bytes("guess")).error(), Error::wrong_secret);
  ASSERT_TRUE(vault.prove(passphrase));
  ASSERT_TRUE(vault.set_passphrase(as_bytes("new"), argon2_steps.front(), content));
  EXPECT_EQ(OpenVault::unlock(context, Way::passphrase, passphrase).error(), Error::wrong_secret);
  EXPECT_TRUE(OpenVault::unlock(context, Way::passphrase, as_bytes("new")));
}

TEST_F(VaultTest, AFailedWriteLeavesFileAndObjectAsTheyWere) {
  auto made = OpenVault::create(context, {}, true);
  ASSERT_TRUE(made);
  ASSERT_EQ(mkdir(temporary.path("vault.new").c_str(), 0700), 0);
  made->content.witness = 7;
  EXPECT_FALSE(made->vault.save(made->content));
  EXPECT_EQ(made->vault.header().generation, 1);
  EXPECT_EQ(made->vault.reload()->witness, 0);
  ASSERT_EQ(rmdir(temporary.path("vault.new").c_str()), 0);
  EXPECT_TRUE(made->vault.save(made->content));
  EXPECT_EQ(made->vault.reload()->witness, 7);
}

TEST_F(VaultTest, FoldersAndFilesOpenToOthersAreRefused) {
  ASSERT_TRUE(OpenVault::create(context, {}, true));
  ASSERT_EQ(chmod(temporary.path("vault").c_str(), 0640), 0);
  EXPECT_EQ(inspect(folder).error(), Error::no_permission);
  ASSERT_EQ(unlink(temporary.path("vault").c_str()), 0);
  ASSERT_EQ(symlink("vault.key", temporary.path("vault").c_str()), 0);
  EXPECT_EQ(inspect(folder).error(), Error::no_permission);
  ASSERT_EQ(chmod(temporary.path().c_str(), 0750), 0);
  EXPECT_EQ(KeyFolder::open(temporary.path()).error(), Error::no_permission);
  EXPECT_EQ(KeyFolder::open(temporary.path("no/such")).error(), Error::missing);
}

TEST_F(VaultTest, OneHolderAFolder) {
  ASSERT_TRUE(folder.lock());
  auto second = KeyFolder::open(temporary.path());
  EXPECT_EQ(second->lock().error(), Error::busy);
}

TEST(NextArgon2, GoesOneStepWhileTheMachineIsQuickEnough) {
  using std::chrono::milliseconds;
  const auto next = next_argon2({64 * 1024, 3, 1}, milliseconds(250));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->memory_kib, 128 * 1024);
  EXPECT_FALSE(next_argon2({64 * 1024, 3, 1}, milliseconds(251)));
  EXPECT_TRUE(next_argon2({64 * 1024, 1, 1}, milliseconds(100)));
  EXPECT_FALSE(next_argon2({256 * 1024, 3, 1}, milliseconds(1)));
}

}  // namespace
}  // namespace pqc::keys::vault
