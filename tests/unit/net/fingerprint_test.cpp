#include "net/fingerprint.h"

#include <gtest/gtest.h>

namespace pqc::net {
namespace {

Fingerprint counting() {
  Fingerprint out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return out;
}

TEST(Fingerprint, TextGoesThereAndBack) {
  const auto text = to_text(counting());
  EXPECT_EQ(text.size(), 52u + 12u);
  ASSERT_TRUE(parse_fingerprint(text));
  EXPECT_EQ(*parse_fingerprint(text), counting());
}

TEST(Fingerprint, TakesUpperCaseAndNoDashes) {
  std::string bare;
  for (const auto c : to_text(counting())) {
    if (c != '-') bare.push_back(static_cast<char>(std::toupper(c)));
  }
  EXPECT_EQ(parse_fingerprint(bare), counting());
}

TEST(Fingerprint, RefusesEverythingElse) {
  const auto text = to_text(counting());
  EXPECT_FALSE(parse_fingerprint(""));
  EXPECT_FALSE(parse_fingerprint(text.substr(1)));
  EXPECT_FALSE(parse_fingerprint(text + "a"));
  EXPECT_FALSE(parse_fingerprint("1" + text.substr(1)));
  // Padding bits that are not zero would give one key two fingerprints.
  auto other = text;
  other.back() = other.back() == 'b' ? 'c' : 'b';
  EXPECT_FALSE(parse_fingerprint(other));
}

}  // namespace
}  // namespace pqc::net
