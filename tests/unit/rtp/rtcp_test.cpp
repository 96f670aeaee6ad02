#include "media/rtp/rtcp.h"

#include <vector>

#include <gtest/gtest.h>

namespace pqc::media::rtp {
namespace {

Result<RtcpPacket> first_of(ByteView compound) {
  return CompoundReader(compound).next().transform([](const auto& packet) { return *packet; });
}

TEST(Rtcp, ReportsAreReadAsWritten) {
  const std::array blocks{ReportBlock{Ssrc{7}, 25, -3, 0x1'0005, 44, 0x1234'5678, 65'536},
                          ReportBlock{Ssrc{8}, 0, 0x7F'FFFF, 1, 2, 3, 4}};
  const SenderInfo info{NtpTime{0x0102'0304'0506'0708}, 9, 10, 11};
  for (const auto& with : {std::optional(info), std::optional<SenderInfo>()}) {
    Bytes out(200);
    out.resize(write_report(Ssrc{1}, with, blocks, out).value());
    EXPECT_EQ(out.size(), with ? 76u : 56u);
    const auto report = first_of(out).and_then(parse_report);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->sender, Ssrc{1});
    ASSERT_EQ(report->info.has_value(), with.has_value());
    if (with) {
      EXPECT_EQ(middle(report->info->ntp), 0x0304'0506u);
    }
    ASSERT_EQ(report->blocks().size(), 2u);
    EXPECT_EQ(report->blocks()[0].cumulative_lost, -3);
    EXPECT_EQ(report->blocks()[0].fraction_lost, 25);
    EXPECT_EQ(report->blocks()[1].cumulative_lost, 0x7F'FFFF);
    EXPECT_EQ(report->blocks()[1].delay_since_last, 4u);
  }
}

// A compound as a sound program sends it: SR with one block, SDES with CNAME and NAME, BYE.
TEST(Rtcp, ReadsACompoundByHand) {
  const auto compound = *from_hex(
      "81c8000c"
      "11111111"
      "83aa7e8080000000"
      "00001000"
      "00000064"
      "00003e80"
      "22222222"
      "40fffffe"
      "00010064"
      "00000010"
      "7e808000"
      "00008000"
      "81ca0006"
      "11111111"
      "010661406f2e6578"
      "0203626f62"
      "0000000000"
      "0000"
      "81cb0001"
      "11111111");
  CompoundReader reader(compound);
  const auto report = reader.next().and_then([](const auto& packet) { return parse_report(*packet); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->info->packets, 100u);
  EXPECT_EQ(report->blocks()[0].ssrc, Ssrc{0x22222222});
  EXPECT_EQ(report->blocks()[0].fraction_lost, 64);
  EXPECT_EQ(report->blocks()[0].cumulative_lost, -2);
  EXPECT_EQ(report->blocks()[0].last_sender_report, middle(report->info->ntp));
  const auto description = reader.next().and_then([](const auto& packet) { return parse_source_description(*packet); });
  ASSERT_TRUE(description && *description);
  EXPECT_EQ(as_text((*description)->cname), "a@o.ex");
  const auto bye = reader.next().and_then([](const auto& packet) { return parse_bye(*packet); });
  EXPECT_EQ(bye.value(), Ssrc{0x11111111});
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(Rtcp, StepsOverWhatItDoesNotKnow) {
  // APP (204) and XR (207), then BYE.
  const auto compound = *from_hex(
      "80cc0002"
      "11111111"
      "61626364"
      "80cf0001"
      "11111111"
      "81cb0001"
      "33333333");
  CompoundReader reader(compound);
  std::vector<int> types;
  for (auto packet = reader.next(); packet && *packet; packet = reader.next()) {
    types.push_back(static_cast<int>((*packet)->type));
  }
  EXPECT_EQ(types, (std::vector{204, 207, 203}));
}

TEST(Rtcp, WhatIsCutOffIsRefused) {
  EXPECT_FALSE(CompoundReader(*from_hex("80c8")).next());
  EXPECT_FALSE(CompoundReader(*from_hex("80c8000111")).next());
  EXPECT_FALSE(CompoundReader(*from_hex("40cb0000")).next());          // version 1
  EXPECT_FALSE(CompoundReader(*from_hex("a0cb00011111110c")).next());  // more padding than bytes
  EXPECT_FALSE(first_of(*from_hex("81c9000111111111")).and_then(parse_report));
  EXPECT_FALSE(first_of(*from_hex("82ca000211111111"
                                  "01017800"))
                   .and_then(parse_source_description));
  EXPECT_FALSE(first_of(*from_hex("81ca000211111111"
                                  "01ff7800"))
                   .and_then(parse_source_description));
  EXPECT_FALSE(first_of(*from_hex("81cb0000")).and_then(parse_bye));
  EXPECT_FALSE(first_of(*from_hex("81cd000111111111")).and_then(parse_nack));
}

TEST(Rtcp, SourceDescriptionsEndAtAWord) {
  for (std::size_t size = 0; size < 9; ++size) {
    Bytes out(64);
    const Bytes cname(size, 'x');
    out.resize(write_source_description(Ssrc{5}, cname, out).value());
    EXPECT_EQ(out.size() % 4, 0u);
    const auto read = first_of(out).and_then(parse_source_description);
    ASSERT_TRUE(read && *read);
    EXPECT_TRUE(equal((*read)->cname, cname));
  }
  Bytes small(8);
  EXPECT_FALSE(write_source_description(Ssrc{5}, Bytes(16), small));
}

TEST(Rtcp, NackNamesWhatIsLost) {
  const std::vector<std::uint16_t> lost{65'530, 65'531, 65'535, 10, 11, 300};
  Bytes out(64);
  out.resize(write_nack(Ssrc{1}, Ssrc{2}, lost, out).value());
  // 65,530 with a mask that reaches 10; 11 and 300 by themselves.
  EXPECT_EQ(out.size(), 24u);
  const auto nack = first_of(out).and_then(parse_nack);
  ASSERT_TRUE(nack);
  EXPECT_EQ(nack->media(), Ssrc{2});
  std::vector<std::uint16_t> read;
  nack->for_each([&](std::uint16_t sequence) { read.push_back(sequence); });
  EXPECT_EQ(read, lost);
}

}  // namespace
}  // namespace pqc::media::rtp
