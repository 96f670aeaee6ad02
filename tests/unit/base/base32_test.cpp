#include "base/base32.h"

#include <gtest/gtest.h>

namespace pqc {
namespace {

// RFC 4648 §10, in lower case and groups.
TEST(Base32, PublishedExamples) {
  for (const auto& [plain, text] : {std::pair{"", ""},
                                    {"f", "my"},
                                    {"fo", "mzxq"},
                                    {"foo", "mzxw-6"},
                                    {"foob", "mzxw-6yq"},
                                    {"fooba", "mzxw-6ytb"},
                                    {"foobar", "mzxw-6ytb-oi"}}) {
    const auto bytes = to_bytes(as_bytes(plain));
    EXPECT_EQ(to_base32(bytes), text);
    EXPECT_EQ(from_base32(text, bytes.size()), bytes);
  }
}

TEST(Base32, ReadsWhatPeopleTypeAndNothingElse) {
  const auto foobar = to_bytes(as_bytes("foobar"));
  EXPECT_EQ(from_base32("MZXW6YTBOI", 6), foobar);
  EXPECT_EQ(from_base32(" mz-xw 6ytboi-", 6), foobar);
  for (const auto* wrong : {"", "mzxw6ytbo", "mzxw6ytboia", "mzxw6ytbo1", "mzxw6ytbo=", "mzxw6ytboj", "mzxw6ytb\noi"})
    EXPECT_FALSE(from_base32(wrong, 6)) << wrong;
  EXPECT_FALSE(from_base32("mzxw6ytboi", 5));
  EXPECT_FALSE(from_base32("mzxw6ytboi", 7));
}

}  // namespace
}  // namespace pqc
