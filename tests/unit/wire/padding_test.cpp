#include "wire/padding.h"

#include <gtest/gtest.h>

namespace pqc::wire {
namespace {

TEST(Padding, EveryLengthComesBackAndOverheadIsBounded) {
  for (std::size_t size = 0; size < 5000; ++size) {
    const Bytes plaintext(size, 0x80);
    Bytes padded;
    pad(plaintext, padded);
    ASSERT_EQ(padded.size(), padded_size(size));
    ASSERT_LE(padded.size(), std::max<std::size_t>(size + 64, size + 1 + size / 8 + 1));
    const auto back = unpad(padded);
    ASSERT_TRUE(back.has_value());
    ASSERT_TRUE(equal(*back, plaintext));
  }
}

TEST(Padding, ALongerPlaintextNeverGetsShorter) {
  for (std::size_t size = 0; size < 100'000; ++size) ASSERT_LE(padded_size(size), padded_size(size + 1));
}

TEST(Padding, InPlaceIsTheSame) {
  Bytes expected;
  pad(as_bytes("hello"), expected);
  Bytes buffer(padded_size(5), 0xFF);
  std::ranges::copy(as_bytes("hello"), buffer.begin());
  ASSERT_TRUE(pad_in_place(buffer, 5).has_value());
  EXPECT_EQ(buffer, expected);
  EXPECT_EQ(pad_in_place(buffer, 64).error(), Error::limit);
  EXPECT_EQ(pad_in_place(ByteSpan(buffer).first(63), 5).error(), Error::limit);
}

TEST(Padding, OtherFormsAreMalformed) {
  EXPECT_EQ(unpad({}).error(), Error::malformed);
  EXPECT_EQ(unpad(Bytes(64, 0)).error(), Error::malformed);
  Bytes wrong_mark(64, 0);
  wrong_mark[3] = 0x81;
  EXPECT_EQ(unpad(wrong_mark).error(), Error::malformed);
  Bytes a_step_too_long(128, 0);
  a_step_too_long[3] = 0x80;
  EXPECT_EQ(unpad(a_step_too_long).error(), Error::malformed);
}

}  // namespace
}  // namespace pqc::wire
