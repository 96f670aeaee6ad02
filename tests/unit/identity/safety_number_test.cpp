#include "identity/safety_number.h"

#include <gtest/gtest.h>

#include "support/person.h"

namespace pqc::identity {
namespace {

using test::Person;

constexpr std::array both_suites{crypto::SuiteId::standard, crypto::SuiteId::pq};

class SafetyNumber : public testing::Test {
 protected:
  Person alice{"alice", 1, both_suites};
  Person bob{"bob", 2, both_suites};
  AccountRecord of_alice = alice.record->record();
  AccountRecord of_bob = bob.record->record();
};

TEST_F(SafetyNumber, IsTheSameOnBothSides) {
  const auto number = safety_number(of_alice, of_bob);
  EXPECT_EQ(number, safety_number(of_bob, of_alice));
  EXPECT_EQ(number.size(), 60U);
  EXPECT_TRUE(std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }));
  EXPECT_EQ(safety_payload(of_alice, of_bob), safety_payload(of_bob, of_alice));
}

TEST_F(SafetyNumber, ChangesWithNamesAndEachIdentityKey) {
  const auto number = safety_number(of_alice, of_bob);
  auto other = of_bob;
  other.account = AccountName::parse("bob@other.test").value();
  EXPECT_NE(number, safety_number(of_alice, other));
  for (std::size_t i = 0; i < both_suites.size(); ++i) {
    other = of_bob;
    other.identities[i].signature_key[5] ^= 1;
    EXPECT_NE(number, safety_number(of_alice, other));
    EXPECT_NE(safety_payload(of_alice, of_bob), safety_payload(of_alice, other));
  }
}

TEST_F(SafetyNumber, StaysWithDevices) {
  auto other = of_bob;
  other.devices.clear();
  EXPECT_EQ(safety_number(of_alice, of_bob), safety_number(of_alice, other));
}

TEST_F(SafetyNumber, IsPrintedInGroups) {
  const auto text = format_safety_number(std::string(60, '7'));
  EXPECT_EQ(text.substr(0, 24), "77777 77777 77777 77777\n");
  EXPECT_EQ(text.size(), 71U);
}

}  // namespace
}  // namespace pqc::identity
