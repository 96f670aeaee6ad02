#include "crypto/password_hash.h"

#include <gtest/gtest.h>

namespace pqc::crypto {
namespace {

TEST(Argon2id, DependsOnEveryInput) {
  const Argon2Parameters cheap{.memory_kib = 64, .passes = 1, .lanes = 1};
  const Bytes salt(16, 1);
  const auto run = [&](std::string_view passphrase, ByteView with_salt, Argon2Parameters parameters) {
    Bytes out(32);
    EXPECT_TRUE(argon2id(as_bytes(passphrase), with_salt, parameters, out));
    return out;
  };
  const auto base = run("secret", salt, cheap);
  EXPECT_EQ(run("secret", salt, cheap), base);
  EXPECT_NE(run("Secret", salt, cheap), base);
  EXPECT_NE(run("secret", Bytes(16, 2), cheap), base);
  EXPECT_NE(run("secret", salt, {.memory_kib = 65, .passes = 1, .lanes = 1}), base);
  EXPECT_NE(run("secret", salt, {.memory_kib = 64, .passes = 2, .lanes = 1}), base);
  EXPECT_NE(run("secret", salt, {.memory_kib = 64, .passes = 1, .lanes = 2}), base);
}

TEST(Argon2id, HasLimits) {
  Bytes out(32);
  const Bytes salt(16);
  const auto error = [&](const Argon2Parameters& parameters) { return argon2id({}, salt, parameters, out).error(); };
  EXPECT_EQ(error({.memory_kib = max_argon2_memory_kib + 1}), Error::limit);
  EXPECT_EQ(error({.memory_kib = 7}), Error::limit);
  EXPECT_EQ(error({.memory_kib = 64, .passes = 0}), Error::limit);
  EXPECT_EQ(error({.memory_kib = 64, .passes = max_argon2_passes + 1}), Error::limit);
  EXPECT_EQ(error({.memory_kib = 64, .lanes = 0}), Error::limit);
  EXPECT_EQ(argon2id({}, Bytes(15), {}, out).error(), Error::limit);
}

}  // namespace
}  // namespace pqc::crypto
