#include "protocol/sframe/sframe.h"

#include <gtest/gtest.h>

namespace pqc::sframe {
namespace {

const Bytes base_key(32, 9);

class EverySuite : public testing::TestWithParam<int> {
 protected:
  Suite suite() const { return static_cast<Suite>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(SFrame, EverySuite, testing::Range(1, 9));

TEST_P(EverySuite, OpensWhatItSealedAndNothingElse) {
  const auto key = Key::derive(suite(), KeyId{300}, base_key);
  ASSERT_TRUE(key);
  const auto frame = key->seal(Counter{65'536}, as_bytes("meta"), as_bytes("frame"));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->size(), 5 + key->overhead(Counter{65'536}));
  EXPECT_EQ(key->open(*frame, as_bytes("meta")), to_bytes(as_bytes("frame")));
  EXPECT_FALSE(key->open(*frame, as_bytes("other")));
  for (std::size_t i = 0; i < frame->size(); ++i) {
    auto damaged = *frame;
    damaged[i] ^= 1;
    EXPECT_FALSE(key->open(damaged, as_bytes("meta"))) << i;
    EXPECT_FALSE(key->open(ByteView(*frame).first(i), as_bytes("meta"))) << i;
  }
  EXPECT_FALSE(Key::derive(suite(), KeyId{301}, base_key)->open(*frame, as_bytes("meta")));
}

TEST(SFrame, AHeaderHasOneEncoding) {
  EXPECT_FALSE(decode_header({}));
  EXPECT_FALSE(decode_header(Bytes{0x80, 0x07}));        // 7 fits the config byte
  EXPECT_FALSE(decode_header(Bytes{0x90, 0x00, 0x08}));  // 8 fits one byte
  EXPECT_FALSE(decode_header(Bytes{0x80}));
  EXPECT_EQ(decode_header(Bytes{0x80, 0x08})->key_id, KeyId{8});
}

TEST(SFrame, KnowsItsSuites) {
  EXPECT_EQ(Key::derive(static_cast<Suite>(0), KeyId{1}, base_key).error(), Error::unknown_suite);
  EXPECT_EQ(Key::derive(static_cast<Suite>(9), KeyId{1}, base_key).error(), Error::unknown_suite);
}

}  // namespace
}  // namespace pqc::sframe
