#include "identity/statements.h"

#include <gtest/gtest.h>

#include "support/person.h"

namespace pqc::identity {
namespace {

using test::must;
using test::Person;

class Statements : public testing::Test {
 protected:
  [[nodiscard]] LoginStatement login() const { return {{1}, alice.account, {1}, crypto::SuiteId::pq, {2}, {3}}; }

  Person alice{"alice", 1, crypto::SuiteId::pq};
  VerifiedDevice device = alice.device(crypto::SuiteId::pq);
};

TEST_F(Statements, AreSignedByTheDeviceTheyName) {
  for (const Statement& statement : {Statement(login()), Statement(RegistrationStatement{login(), {4}})})
    EXPECT_TRUE(verify(statement, must(alice.holder.sign(statement)), device));
}

// THREATS 1 and 24: another kind, server, challenge or connection.
TEST_F(Statements, HoldForNothingElse) {
  const auto signature = must(alice.holder.sign(login()));
  const auto refused = [&](const Statement& statement) { return !verify(statement, signature, device); };
  EXPECT_TRUE(refused(RegistrationStatement{login(), {}}));
  const auto changed = [&](auto change) {
    auto other = login();
    change(other);
    return refused(other);
  };
  EXPECT_TRUE(changed([](auto& s) { s.server[31] = 1; }));
  EXPECT_TRUE(changed([](auto& s) { s.challenge[31] = 1; }));
  EXPECT_TRUE(changed([](auto& s) { s.exporter[31] = 1; }));
  EXPECT_TRUE(changed([](auto& s) { s.device = {2}; }));
  EXPECT_TRUE(changed([](auto& s) { s.suite = crypto::SuiteId::standard; }));
  EXPECT_TRUE(changed([](auto& s) { s.account = AccountName::parse("alice@other.test").value(); }));
}

TEST_F(Statements, OfOthersAreNotSigned) {
  auto other = login();
  other.device = {2};
  EXPECT_EQ(alice.holder.sign(other).error(), keys::Error::mismatch);
  other = login();
  other.suite = crypto::SuiteId::standard;
  EXPECT_EQ(alice.holder.sign(other).error(), keys::Error::unsupported);
}

}  // namespace
}  // namespace pqc::identity
