#include "server/accounts/accounts.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "crypto/suite.h"

namespace pqc::server::accounts {
namespace {

v1::Login login_of(std::uint32_t suite) {
  v1::Login login;
  login.set_account("nobody@test");
  login.set_device(1);
  login.set_suite(suite);
  return login;
}

// THREATS 17: whoever is not here is checked as if they were, in every suite.
TEST(Decoys, TakeTheWholeOfAVerification) {
  Decoys decoys;
  auto& rng = crypto::SystemRng::instance();
  for (const std::uint32_t number : {1U, 2U, 3U, 4U}) {
    const auto* suite = crypto::find_suite(static_cast<std::uint16_t>(number));
    if (suite == nullptr) continue;
    const auto key = to_bytes(decoys.key(number, rng));
    EXPECT_TRUE(crypto::CompositePublicKey::decode(*suite, key)) << number;
    EXPECT_EQ(to_bytes(decoys.key(number, rng)), key) << "made once";
    auto login = login_of(number);
    login.set_signature(std::string(crypto::composite_sizes(*suite).signature, 's'));
    EXPECT_EQ(verify_login(login, {}, key).error().reason, "login signature");
  }
  EXPECT_TRUE(decoys.key(77, rng).empty());
  EXPECT_TRUE(decoys.key(0x10003, rng).empty());
}

}  // namespace
}  // namespace pqc::server::accounts
