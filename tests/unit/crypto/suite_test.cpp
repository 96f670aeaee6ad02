#include "crypto/suite.h"

#include <vector>

#include <gtest/gtest.h>

namespace pqc::crypto {
namespace {

using Ids = std::vector<SuiteId>;

TEST(Suite, IsFoundByNumberAndName) {
  for (const auto& suite : all_suites()) {
    EXPECT_EQ(find_suite(suite.id), &suite);
    EXPECT_EQ(find_suite(number(suite.id)), &suite);
    EXPECT_EQ(find_suite(suite.name), &suite);
  }
  EXPECT_EQ(find_suite(std::uint16_t{0}), nullptr);
  EXPECT_EQ(find_suite(std::uint16_t{5}), nullptr);
  EXPECT_EQ(find_suite("none"), nullptr);
  EXPECT_EQ(find_suite(SuiteId::pq_falcon) != nullptr, available(SignatureAlg::falcon_1024));
}

TEST(Suite, TheBestCommonOneIsChosen) {
  const Ids all{SuiteId::standard, SuiteId::enhanced, SuiteId::pq_falcon, SuiteId::pq};
  EXPECT_EQ((*choose(all, all, Level::standard))->id, SuiteId::pq);
  EXPECT_EQ((*choose(all, Ids{SuiteId::standard, SuiteId::enhanced}, Level::standard))->id, SuiteId::enhanced);
  if (find_suite(SuiteId::pq_falcon) != nullptr) {
    EXPECT_EQ((*choose(all, Ids{SuiteId::pq_falcon, SuiteId::enhanced}, Level::standard))->id, SuiteId::pq_falcon);
  }
}

TEST(Suite, ThereIsNoFallback) {
  const Ids classical{SuiteId::standard, SuiteId::enhanced};
  EXPECT_EQ(choose(classical, classical, Level::quantum_resistant).error(), Error::refused);
  EXPECT_EQ(choose(Ids{SuiteId::pq}, classical, Level::standard).error(), Error::refused);
  EXPECT_EQ(choose({}, classical, Level::standard).error(), Error::refused);
  EXPECT_EQ(choose(Ids{SuiteId{77}}, Ids{SuiteId{77}}, Level::standard).error(), Error::refused);
}

TEST(Suite, LevelsHaveNames) {
  for (const auto level : {Level::standard, Level::enhanced, Level::quantum_resistant}) {
    EXPECT_EQ(parse_level(to_string(level)), level);
  }
  EXPECT_EQ(parse_level("quantum"), std::nullopt);
  EXPECT_EQ(parse_level("quantum-resistant"), Level::quantum_resistant);
  EXPECT_EQ(parse_level("Enhanced"), Level::enhanced);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

}  // namespace
}  // namespace pqc::crypto
