// pqc-chat-keyring against a real secret service, and the agent's vault opened through it: an extra way in that may be
// lost, locked, switched or missing at any time without losing the account (docs/spec/vault.md §4, §10).
#include <gtest/gtest.h>

#include "../agent/running_agent.h"
#include "secret_session.h"

namespace pqc::keys::agent_client {
namespace {

const ByteView passphrase = as_bytes("a passphrase of the test");
const std::string profile = "00112233445566778899aabbccddeeff";

enum Code : int { done = 0, not_found = 1, no_service = 2, refused = 3, bad_input = 64 };

TEST(Keyring, KeepsExactlyTheBytesOfTheSecret) {
  test::SecretSession session;
  session.start_keyring();
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  for (const auto& secret : {std::string("text\n"), std::string("\0\0", 2), every_byte, std::string(4096, '\xff')}) {
    const auto stored = session.keyring({"store", profile}, secret);
    ASSERT_EQ(stored.code, done) << stored.error;
    EXPECT_EQ(stored.out + stored.error, "");
    const auto found = session.keyring({"lookup", profile});
    EXPECT_EQ(found.code, done) << found.error;
    EXPECT_EQ(found.out, secret);
  }
}

TEST(Keyring, ForgetsWhatIsCleared) {
  test::SecretSession session;
  session.start_keyring();
  EXPECT_EQ(session.keyring({"clear", profile}).code, not_found);
  ASSERT_EQ(session.keyring({"store", profile}, "secret").code, done);
  EXPECT_EQ(session.keyring({"clear", profile}).code, done);
  const auto found = session.keyring({"lookup", profile});
  EXPECT_EQ(found.code, not_found);
  EXPECT_EQ(found.out, "");
  EXPECT_NE(found.error, "");
}

TEST(Keyring, ProfilesDoNotMix) {
  test::SecretSession session;
  session.start_keyring();
  ASSERT_EQ(session.keyring({"store", "one"}, "secret of one").code, done);
  ASSERT_EQ(session.keyring({"store", "two"}, "secret of two").code, done);
  EXPECT_EQ(session.keyring({"lookup", "one"}).out, "secret of one");
  EXPECT_EQ(session.keyring({"clear", "two"}).code, done);
  EXPECT_EQ(session.keyring({"lookup", "one"}).out, "secret of one");
  EXPECT_EQ(session.keyring({"lookup", "two"}).code, not_found);
}

TEST(Keyring, OutlivesItsServiceButNotItsHome) {
  test::SecretSession session;
  session.start_keyring();
  ASSERT_EQ(session.keyring({"store", profile}, "secret").code, done);
  session.stop_keyring();
  session.start_keyring();
  EXPECT_EQ(session.keyring({"lookup", profile}).out, "secret");
  session.stop_keyring();
  session.start_keyring("another-home");
  EXPECT_EQ(session.keyring({"lookup", profile}).code, not_found);
}

// Nobody is there to type the password into a window.
TEST(Keyring, ALockedKeyringRefuses) {
  test::SecretSession session;
  session.start_keyring();
  ASSERT_EQ(session.keyring({"store", profile}, "secret").code, done);
  session.lock_keyring();
  const auto found = session.keyring({"lookup", profile});
  EXPECT_EQ(found.code, refused) << found.error;
  EXPECT_EQ(found.out, "");
  EXPECT_EQ(session.keyring({"store", profile}, "another").code, refused);
  EXPECT_EQ(session.keyring({"clear", profile}).code, refused);
}

TEST(Keyring, SaysThatThereIsNoService) {
  const test::SecretSession session;
  for (const auto* command : {"store", "lookup", "clear"}) {
    const auto ran = session.keyring({command, profile}, "secret");
    EXPECT_EQ(ran.code, no_service) << command;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.error.starts_with("pqc-chat-keyring: ")) << ran.error;
  }
}

TEST(Keyring, RefusesInputThatCannotBeMeant) {
  const test::SecretSession session;
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"store"},
                                                    {"list", profile},
                                                    {"store", profile, "secret"},
                                                    {"store", ""},
                                                    {"store", "../name"},
                                                    {"store", std::string(129, 'a')}};
  for (const auto& arguments : wrong) EXPECT_EQ(session.keyring(arguments, "secret").code, bad_input);
  EXPECT_EQ(session.keyring({"store", profile}, "").code, bad_input);
  EXPECT_EQ(session.keyring({"store", profile}, std::string(4097, 'a')).code, bad_input);
}

// The agent with a vault that has both ways in, as a client sets it up.
struct KeyringVault : testing::Test {
  test::SecretSession session;
  test::RunningAgent agent;
  AgentClient client{agent.location()};
  std::string id;
  StoreKey store_key;

  KeyringVault() {
    session.start_keyring();
    get(client.create_vault(passphrase, false));
    id = to_hex(get(client.status()).vault_id);
    store_key = get(client.store_key());
    enable();
  }
  template <class T>
  static T get(Result<T> result) {
    if (!result) throw std::runtime_error("agent: " + std::string(name_of(result.error().error)));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
  void enable() {
    const auto secret = get(client.enable_keyring(passphrase));
    const auto stored = session.keyring({"store", id}, std::string(as_text(secret.view())));
    ASSERT_EQ(stored.code, done) << stored.error;
    get(client.lock());
  }
  // What a client does at its start; the agent's answer, where the keyring gave a secret.
  [[nodiscard]] std::optional<Result<void>> unlock_through_the_keyring() {
    const auto found = session.keyring({"lookup", id});
    if (found.code != done) return std::nullopt;
    return client.unlock(Way::keyring, as_bytes(found.out));
  }
  void passphrase_opens() {
    get(client.unlock(Way::passphrase, passphrase));
    EXPECT_TRUE(get(client.store_key()).equals(store_key));
  }
};

TEST_F(KeyringVault, OpensWithoutThePassphrase) {
  const auto unlocked = unlock_through_the_keyring();
  ASSERT_TRUE(unlocked.has_value());
  get(*unlocked);
  EXPECT_TRUE(get(client.store_key()).equals(store_key));
}

TEST_F(KeyringVault, LosesNothingWithALostKeyring) {
  ASSERT_EQ(session.keyring({"clear", id}).code, done);
  EXPECT_FALSE(unlock_through_the_keyring().has_value());
  session.stop_keyring();
  EXPECT_FALSE(unlock_through_the_keyring().has_value());
  session.start_keyring("another-home");
  EXPECT_FALSE(unlock_through_the_keyring().has_value());
  passphrase_opens();
}

// The keyring of another machine, or one from a backup: a wrong secret is refused, and does not count as a guess.
TEST_F(KeyringVault, LosesNothingWithASwitchedKeyring) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(session.keyring({"store", id}, std::string(32, static_cast<char>('a' + i))).code, done);
    const auto unlocked = unlock_through_the_keyring();
    ASSERT_TRUE(unlocked.has_value());
    EXPECT_EQ(unlocked->error().error, Error::wrong_secret);
  }
  EXPECT_EQ(get(client.status()).failed_attempts, 0);
  ASSERT_EQ(session.keyring({"store", id}, "not even of its length").code, done);
  EXPECT_EQ(unlock_through_the_keyring()->error().error, Error::refused);
  passphrase_opens();
  enable();
  get(unlock_through_the_keyring().value());
}

TEST_F(KeyringVault, AnEarlierSecretOpensNoLonger) {
  const auto earlier = session.keyring({"lookup", id}).out;
  passphrase_opens();
  enable();
  EXPECT_EQ(client.unlock(Way::keyring, as_bytes(earlier)).error().error, Error::wrong_secret);
  get(unlock_through_the_keyring().value());
  get(client.disable_keyring());
  get(client.lock());
  EXPECT_EQ(unlock_through_the_keyring()->error().error, Error::no_such_way);
  passphrase_opens();
}

TEST_F(KeyringVault, LosesNothingWithoutAService) {
  session.lock_keyring();
  EXPECT_FALSE(unlock_through_the_keyring().has_value());
  session.stop_keyring();
  EXPECT_FALSE(unlock_through_the_keyring().has_value());
  passphrase_opens();
}

}  // namespace
}  // namespace pqc::keys::agent_client
