#include "protocol/sframe/sframe.h"

#include <gtest/gtest.h>

#include "protocol/sframe/key_context.h"
#include "support/counted_new.h"

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

TEST(SFrameContext, SealsAndOpensInPlaceWhatAKeyDoes) {
  for (const auto suite : {Suite::aes_128_gcm_sha256, Suite::aes_256_gcm_sha512}) {
    const auto key = Key::derive(suite, KeyId{0x80'0001}, base_key);
    auto context = KeyContext::make(*key);
    ASSERT_TRUE(context);
    for (const std::size_t size : {0, 1, 160}) {
      const Bytes frame(size, 5);
      Bytes memory(size + context->overhead(Counter{65'536}));
      const auto place = ByteSpan(memory).subspan(7, size);
      std::ranges::copy(frame, place.begin());
      ASSERT_TRUE(context->seal(Counter{65'536}, as_bytes("meta"), place, memory));
      EXPECT_EQ(memory, *key->seal(Counter{65'536}, as_bytes("meta"), frame));
      const auto sealed = memory;
      const auto header = decode_header(memory);
      ASSERT_EQ(context->open(*header, memory, as_bytes("meta"), place), size);
      EXPECT_TRUE(equal(place, frame));
      EXPECT_EQ(context->open(*header, sealed, as_bytes("mete"), place).error(), Error::refused);
      EXPECT_EQ(context->open({KeyId{1}, header->counter, 7}, sealed, as_bytes("meta"), place).error(), Error::refused);
      EXPECT_EQ(context->open(*header, ByteView(sealed).first(22), as_bytes("meta"), place).error(), Error::refused);
    }
  }
  EXPECT_EQ(KeyContext::make(*Key::derive(Suite::aes_128_ctr_hmac_sha256_80, KeyId{1}, base_key)).error(),
            Error::unknown_suite);
}

TEST(SFrameContext, AllocatesNothing) {
  auto context = KeyContext::make(*Key::derive(Suite::aes_256_gcm_sha512, KeyId{0x80'0001}, base_key));
  const Bytes frame(160);
  Bytes memory(frame.size() + context->overhead(Counter{65'536}));
  Bytes out(frame.size());
  const auto before = pqc::test_support::allocations;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto sealed = context->seal(Counter{65'536 + i}, as_bytes("meta"), frame, memory);
    const auto opened = context->open(*decode_header(memory), memory, as_bytes("meta"), out);
    if (!sealed || !opened) std::abort();
  }
  EXPECT_EQ(pqc::test_support::allocations, before);
}

}  // namespace
}  // namespace pqc::sframe
