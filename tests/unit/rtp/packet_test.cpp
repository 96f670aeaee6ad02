#include "media/rtp/packet.h"

#include <gtest/gtest.h>

#include "media/rtp/sequence.h"

namespace pqc::media::rtp {
namespace {

TEST(RtpPacket, ReadsWhatItWrote) {
  const Header header{true, 111, 0xFFFE, 0x01020304, Ssrc{0xA0B0C0D0}};
  for (const auto number : std::initializer_list<std::uint8_t>{0, 1, 14}) {
    Bytes packet(header_size(number));
    write_header(header, {number, 0x1234}, packet);
    append(packet, as_bytes("payload"));
    const auto read = parse_packet(packet);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->header.marker);
    EXPECT_EQ(read->header.payload_type, 111);
    EXPECT_EQ(read->header.sequence, 0xFFFE);
    EXPECT_EQ(read->header.timestamp, 0x01020304u);
    EXPECT_EQ(read->header.ssrc, Ssrc{0xA0B0C0D0});
    EXPECT_EQ(as_text(read->payload), "payload");
    const auto extension = find_extension(read->extensions, 1);
    EXPECT_EQ(extension.has_value(), number == 1);
    if (extension) {
      EXPECT_EQ(to_hex(*extension), "1234");
    }
  }
}

TEST(RtpPacket, IsReadToItsLastByte) {
  // Two contributing sources, an extension of another profile, three bytes of padding.
  const auto packet = from_hex(
      "b26f00010000000200000003aaaaaaaabbbbbbbb123400010000000068690000"
      "03");
  const auto read = parse_packet(*packet);
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(read->payload), "hi");
  EXPECT_TRUE(read->extensions.empty());
  for (std::size_t i = 0; i < 28; ++i) EXPECT_FALSE(parse_packet(ByteView(*packet).first(i))) << i;
}

TEST(RtpPacket, PaddingIsNoLongerThanThePayload) {
  EXPECT_FALSE(parse_packet(*from_hex("a06f000100000002000000036803")));
  EXPECT_FALSE(parse_packet(*from_hex("a06f000100000002000000036800")));
  EXPECT_FALSE(parse_packet(*from_hex("a06f00010000000200000003")));
  EXPECT_FALSE(parse_packet(*from_hex("406f00010000000200000003")));
}

// The figure of RFC 8285 §4.2: one byte of data, two, two of padding, four.
TEST(RtpPacket, FindsExtensionsAsTheRfcShowsThem) {
  const auto extensions = *from_hex("10aa21bbbb000033cccccccc");
  EXPECT_EQ(to_hex(*find_extension(extensions, 1)), "aa");
  EXPECT_EQ(to_hex(*find_extension(extensions, 2)), "bbbb");
  EXPECT_EQ(to_hex(*find_extension(extensions, 3)), "cccccccc");
  EXPECT_FALSE(find_extension(extensions, 4));
  // 15 ends the reading; a length beyond the end is none.
  EXPECT_FALSE(find_extension(*from_hex("f010aa00"), 1));
  EXPECT_FALSE(find_extension(*from_hex("13aa0000"), 1));
}

TEST(Sequence, UnwrapsToTheNearest) {
  SequenceUnwrapper of;
  EXPECT_EQ(of.unwrap(65'534), 65'534);
  EXPECT_EQ(of.unwrap(1), 65'537);
  EXPECT_EQ(of.unwrap(65'535), 65'535);
  EXPECT_EQ(of.unwrap(2), 65'538);
  EXPECT_EQ(of.peek(65'500), 65'500);
  EXPECT_EQ(of.highest(), 65'538);
}

}  // namespace
}  // namespace pqc::media::rtp
