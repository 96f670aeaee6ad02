#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::wire {
namespace {

TEST(Codec, NumbersAreBigEndianAndComeBack) {
  Bytes out;
  const auto size = Writer(out).u8(1).u16(0x0203).u24(0x040506).u32(0x0708090A).u64(0x0B0C0D0E0F101112).finish();
  ASSERT_EQ(size, 18u);
  EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c0d0e0f101112");
  Reader in(out);
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u24(), 0x040506u);
  EXPECT_EQ(in.u32(), 0x0708090Au);
  EXPECT_EQ(in.u64(), 0x0B0C0D0E0F101112u);
  EXPECT_TRUE(in.done().has_value());
}

// The examples of RFC 9000 §A.1, whose encoding RFC 9420 §2.1.2 takes without the eight-byte form.
TEST(Codec, VarintsAreThoseOfTheRfc) {
  const auto decode = [](std::string_view hex) { return Reader(*from_hex(hex)).varint(); };
  EXPECT_EQ(decode("9d7f3e7d"), 494'878'333u);
  EXPECT_EQ(decode("7bbd"), 15'293u);
  EXPECT_EQ(decode("25"), 37u);
  EXPECT_EQ(decode("4025").error(), Error::malformed);
  EXPECT_EQ(decode("80003fff").error(), Error::malformed);
  EXPECT_EQ(decode("c2197c5eff14e88c").error(), Error::malformed);
  EXPECT_EQ(decode("9d7f3e").error(), Error::truncated);
  EXPECT_EQ(decode("").error(), Error::truncated);
}

TEST(Codec, AnErrorLeavesThePositionWhereItWas) {
  const Bytes input{0, 3, 1, 2};
  Reader in(input);
  EXPECT_EQ(in.opaque16(10).error(), Error::truncated);
  EXPECT_EQ(in.remaining(), 4u);
  EXPECT_EQ(in.opaque16(2).error(), Error::limit);
  EXPECT_EQ(in.u64().error(), Error::truncated);
  EXPECT_EQ(in.remaining(), 4u);
  EXPECT_EQ(in.done().error(), Error::trailing);
  EXPECT_EQ(in.rest(3).error(), Error::limit);
  EXPECT_EQ(in.rest(4)->size(), 4u);
}

TEST(Codec, ALengthThatDoesNotFitIsNotWritten) {
  Bytes out;
  EXPECT_EQ(Writer(out).opaque8(Bytes(256)).u8(1).finish().error(), Error::limit);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(Writer(out).varint(std::uint64_t{1} << 30).finish().error(), Error::limit);
  EXPECT_EQ(Writer(out).u24(1 << 24).finish().error(), Error::limit);
  EXPECT_TRUE(out.empty());
}

TEST(Codec, AFullBufferIsAnError) {
  std::array<std::uint8_t, 3> buffer{};
  EXPECT_EQ(Writer(ByteSpan(buffer)).u16(1).u8(2).finish(), 3u);
  EXPECT_EQ(Writer(ByteSpan(buffer)).u16(1).u16(2).finish().error(), Error::limit);
}

TEST(Codec, WriterCountsOnlyWhatItAppended) {
  Bytes out{1, 2, 3};
  EXPECT_EQ(Writer(out).opaque8(Bytes{9}).finish(), 2u);
  EXPECT_EQ(out.size(), 5u);
}

TEST(Codec, OpaqueStringsComeBack) {
  EXPECT_TRUE(rc::check([](const Bytes& a, const Bytes& b, std::uint32_t n) {
    RC_PRE(a.size() < 256);
    Bytes out;
    const auto number = n % (1u << 30);
    RC_ASSERT(Writer(out).opaque8(a).opaque16(b).opaque24(a).opaque32(b).opaque_varint(a).varint(number).finish());
    Reader in(out);
    RC_ASSERT(equal(*in.opaque8(255), a));
    RC_ASSERT(equal(*in.opaque16(1 << 16), b));
    RC_ASSERT(equal(*in.opaque24(1 << 16), a));
    RC_ASSERT(equal(*in.opaque32(1 << 16), b));
    RC_ASSERT(equal(*in.opaque_varint(1 << 16), a));
    RC_ASSERT(*in.varint() == number);
    RC_ASSERT(in.done().has_value());
  }));
}

}  // namespace
}  // namespace pqc::wire
