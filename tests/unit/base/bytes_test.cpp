#include "base/bytes.h"

#include <gtest/gtest.h>

namespace pqc {
namespace {

// RFC 4648 §10.
TEST(Base64, PublishedVectors) {
  const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : rows) {
    EXPECT_EQ(to_base64(as_bytes(text)), encoded);
    EXPECT_EQ(from_base64(encoded), to_bytes(as_bytes(text)));
    EXPECT_EQ(from_base64url(to_base64url(as_bytes(text))), to_bytes(as_bytes(text)));
  }
  EXPECT_EQ(to_hex(as_bytes("foobar")), "666f6f626172");
}

TEST(Base64, OneEncodingOnly) {
  EXPECT_FALSE(from_base64("Zh=="));  // the bits left over are not zero
  EXPECT_FALSE(from_base64("Zg"));    // no padding
  EXPECT_FALSE(from_base64("Zg==="));
  EXPECT_FALSE(from_base64("Z==="));
  EXPECT_FALSE(from_base64("Zm9v\n"));
  EXPECT_FALSE(from_base64url("Zm+v"));
  EXPECT_FALSE(from_base64url("Z"));
}

TEST(Hex, RefusesWhatIsNotHex) {
  EXPECT_EQ(from_hex("00fF"), (Bytes{0, 255}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

}  // namespace
}  // namespace pqc
