#include "support/frame_view.h"

#include <vector>

#include <gtest/gtest.h>

namespace pqc::test {
namespace {

std::vector<std::uint8_t> frame(std::uint8_t kind_high, std::uint8_t kind_low, std::size_t size) {
  std::vector<std::uint8_t> out(14 + size);
  out[12] = kind_high;
  out[13] = kind_low;
  return out;
}

TEST(FrameView, UdpOfBothKindsIsKnownWithItsSize) {
  auto four = frame(0x08, 0x00, 60);
  four[14 + 9] = 17;
  four[14 + 3] = 48;
  EXPECT_EQ(udp_packet_size(four), 48U);
  auto six = frame(0x86, 0xDD, 60);
  six[14 + 6] = 17;
  six[14 + 4] = 1;
  EXPECT_EQ(udp_packet_size(six), 296U);
}

TEST(FrameView, OthersAreNot) {
  auto tcp = frame(0x08, 0x00, 60);
  tcp[14 + 9] = 6;
  EXPECT_EQ(udp_packet_size(tcp), std::nullopt);
  EXPECT_EQ(udp_packet_size(frame(0x08, 0x06, 28)), std::nullopt);
  auto cut = frame(0x08, 0x00, 19);
  cut[14 + 9] = 17;
  EXPECT_EQ(udp_packet_size(cut), std::nullopt);
  EXPECT_EQ(udp_packet_size({}), std::nullopt);
}

}  // namespace
}  // namespace pqc::test
