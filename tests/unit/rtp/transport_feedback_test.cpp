#include "media/rtp/transport_feedback.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pqc::media::rtp {
namespace {

struct Read {
  FeedbackHeader header;
  std::vector<PacketStatus> packets;
};

Result<Read> read(ByteView bytes) {
  const auto packet = CompoundReader(bytes).next();
  if (!packet) return std::unexpected(packet.error());
  std::vector<PacketStatus> memory(limits::feedback_packets);
  return parse_transport_feedback(**packet, memory).transform([](const TransportFeedback& feedback) {
    return Read{feedback.header, {feedback.packets.begin(), feedback.packets.end()}};
  });
}

// A packet with one arrival, as browsers send it; the last byte is padding.
TEST(TransportFeedbackTest, ReadsAPublishedExample) {
  const auto feedback = read(*from_hex("afcd0005fa17fa1743032fa0009900013de8021720019401"));
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->header.sender, Ssrc{4'195'875'351});
  EXPECT_EQ(feedback->header.media, Ssrc{1'124'282'272});
  EXPECT_EQ(feedback->header.base_sequence, 153);
  EXPECT_EQ(feedback->header.reference_time.count(), 4'057'090);
  EXPECT_EQ(feedback->header.feedback_count, 23);
  ASSERT_EQ(feedback->packets.size(), 1u);
  EXPECT_EQ(*feedback->packets[0].arrival - feedback->header.reference_time, Ticks(148));
}

Bytes feedback_with(const std::string& chunks_and_deltas, std::uint16_t packets) {
  auto body = *from_hex(
      "0000000100000002"
      "0000"
      "0000"
      "000000"
      "00" +
      chunks_and_deltas);
  body[10] = static_cast<std::uint8_t>(packets >> 8);
  body[11] = static_cast<std::uint8_t>(packets);
  while (body.size() % 4 != 0) body.push_back(0);
  Bytes out{0x8F, 205, 0, static_cast<std::uint8_t>(body.size() / 4)};
  append(out, body);
  return out;
}

std::string statuses(ByteView bytes) {
  const auto feedback = read(bytes);
  if (!feedback) return std::string(wire::to_string(feedback.error()));
  std::string out;
  for (const auto& packet : feedback->packets) out += packet.arrival ? '1' : '0';
  return out;
}

// The examples of draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.3 and §3.1.4.
TEST(TransportFeedbackTest, ReadsTheChunksOfTheDraft) {
  EXPECT_EQ(statuses(feedback_with("00dd", 221)), std::string(221, '0'));
  EXPECT_EQ(statuses(feedback_with("9f1c"
                                   "0000000000000000",
                                   14)),
            "01111100011100");
  EXPECT_EQ(statuses(feedback_with("c540"
                                   "000000",
                                   7)),
            "0111000");
}

TEST(TransportFeedbackTest, RefusesWhatIsNone) {
  EXPECT_EQ(statuses(feedback_with("6001", 1)), "malformed");  // the reserved symbol
  EXPECT_EQ(statuses(feedback_with("0000", 1)), "malformed");  // an empty run
  EXPECT_EQ(statuses(feedback_with("2004", 4)), "truncated");  // deltas missing
  EXPECT_EQ(statuses(feedback_with("1fff", 1'025)), "longer than its limit");
  EXPECT_EQ(statuses(feedback_with("", 0)), "");
}

TEST(TransportFeedbackTest, IsReadAsWritten) {
  std::minstd_rand random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<PacketArrival> arrivals;
    std::int64_t sequence = 65'400 + round;
    Ticks time(1'000'000 + 777 * round);
    for (int i = 0; i < 60; ++i) {
      sequence += 1 + (random() % 8 == 0 ? static_cast<int>(random() % 30) : 0);
      time += Ticks(static_cast<int>(random() % 300) - (random() % 10 == 0 ? 400 : 0));
      arrivals.push_back({sequence, time});
    }
    Bytes out(600);
    const auto written = write_transport_feedback({Ssrc{1}, Ssrc{2}, 0, 0, {}, 7}, arrivals[0].sequence, arrivals, out);
    ASSERT_TRUE(written);
    ASSERT_EQ(written->packets, arrivals.size());
    out.resize(written->size);
    const auto feedback = read(out);
    ASSERT_TRUE(feedback);
    std::size_t at = 0;
    for (const auto& packet : feedback->packets) {
      if (!packet.arrival) continue;
      ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(arrivals[at].sequence));
      ASSERT_EQ(*packet.arrival, arrivals[at].arrival);
      ++at;
    }
    EXPECT_EQ(at, arrivals.size());
  }
}

TEST(TransportFeedbackTest, ALeapStartsAnother) {
  const std::array arrivals{PacketArrival{1, Ticks(0)}, PacketArrival{2, Ticks(40'000)},
                            PacketArrival{5'000, Ticks(40'001)}};
  Bytes out(100);
  EXPECT_EQ(write_transport_feedback({}, 1, arrivals, out)->packets, 1u);
  EXPECT_EQ(write_transport_feedback({}, 2, std::span(arrivals).subspan(1), out)->packets, 1u);
}

TEST(TransportFeedbackTest, TellsWhatWasLostBeforeTheFirstArrival) {
  const std::array arrivals{PacketArrival{5, Ticks(0)}};
  Bytes out(100);
  out.resize(write_transport_feedback({}, 3, arrivals, out)->size);
  EXPECT_EQ(statuses(out), "001");
  // Too many: from the arrival on.
  out.resize(100);
  out.resize(write_transport_feedback({}, -5'000, arrivals, out)->size);
  EXPECT_EQ(statuses(out), "1");
}

// The reference time wraps after 12 days.
TEST(TransportFeedbackTest, TheReferenceTimeIsFollowedOverItsWraps) {
  ReferenceUnwrapper references;
  for (std::int64_t units = -5'000'000; units < 60'000'000; units += 3'000'000) {
    const std::array arrivals{PacketArrival{1, ReferenceUnits(units)}};
    Bytes out(100);
    out.resize(write_transport_feedback({}, 1, arrivals, out)->size);
    EXPECT_EQ(references.unwrap(read(out)->header.reference_time).count(), units);
    // One that comes late.
    EXPECT_EQ(references.unwrap(read(out)->header.reference_time - ReferenceUnits(3)).count(), units - 3);
  }
}

// At the rate of voice: twenty packets in 200 ms.
TEST(TransportFeedbackTest, IsSmallForVoice) {
  std::vector<PacketArrival> arrivals;
  for (int i = 0; i < 20; ++i) arrivals.push_back({i, Ticks(40 * i)});
  Bytes out(100);
  EXPECT_EQ(write_transport_feedback({}, 0, arrivals, out)->size, 44u);
}

}  // namespace
}  // namespace pqc::media::rtp
