#include "client/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/random.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

std::optional<SecretBytes> phrase(std::string_view text) {
  return SecretBytes(as_bytes(text));
}
AskPassphrase answering(std::string_view text) {
  return [text] { return phrase(text); };
}

class KeyFileTest : public ::testing::Test {
 protected:
  test::TemporaryFolder folder;
  std::filesystem::path file = std::filesystem::path(folder.path()) / "key";
  crypto::SeededRng rng{1};
};

TEST_F(KeyFileTest, APlainKeyComesBackAndOnlyItsOwnerMayReadIt) {
  const auto made = create_key_file(file, std::nullopt, rng);
  ASSERT_TRUE(made);
  const auto read = read_key_file(file, {});
  ASSERT_TRUE(read);
  EXPECT_TRUE(made->equals(*read));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(KeyFileTest, AKeyFileThatOthersMayReadIsRefused) {
  ASSERT_TRUE(create_key_file(file, std::nullopt, rng));
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(read_key_file(file, {}).error().code, ExitCode::no_permission);
}

TEST_F(KeyFileTest, ASealedKeyNeedsItsPassphrase) {
  const auto made = create_key_file(file, phrase("correct horse"), rng);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->equals(*read_key_file(file, answering("correct horse"))));
  EXPECT_EQ(read_key_file(file, answering("wrong")).error().code, ExitCode::wrong_key);
  EXPECT_EQ(read_key_file(file, {}).error().code, ExitCode::wrong_key);
  EXPECT_EQ(read_key_file(file, [] { return std::optional<SecretBytes>(); }).error().code, ExitCode::wrong_key);
}

TEST_F(KeyFileTest, EveryDamageIsFound) {
  DatabaseKey key;
  const auto plain = encode_key_file(key, std::nullopt, rng);
  for (std::size_t length = 0; length < plain.size(); ++length)
    EXPECT_EQ(decode_key_file(ByteView(plain).first(length), {}).error().code, ExitCode::damaged);
  auto longer = plain;
  longer.push_back(0);
  EXPECT_EQ(decode_key_file(longer, {}).error().code, ExitCode::damaged);
  auto newer = plain;
  newer[4] = 2;
  EXPECT_EQ(decode_key_file(newer, {}).error().code, ExitCode::too_new);
}

TEST_F(KeyFileTest, UnreasonableParametersAreRefusedBeforeTheyCost) {
  DatabaseKey key;
  auto sealed = encode_key_file(key, phrase("x"), rng);
  sealed[6] = 0x7F;  // memory: about 2 TiB
  EXPECT_EQ(decode_key_file(sealed, answering("x")).error().code, ExitCode::damaged);
}

TEST_F(KeyFileTest, AMissingFileIsNamed) {
  EXPECT_EQ(read_key_file(file, {}).error().code, ExitCode::missing);
}

}  // namespace
}  // namespace pqc::client
