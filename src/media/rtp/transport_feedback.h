// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): when each packet of a range of
// transport-wide sequence numbers arrived.
//
//   | sender SSRC | media SSRC | base sequence (2) | packets (2) | reference time (3) | feedback count (1) |
//   | chunks of two bytes: the status of each packet | deltas of one or two bytes, 250 us each | padding |
//
// Pure; nothing allocated.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "media/rtp/rtcp.h"

namespace pqc::media::rtp {

// A time on the receiver's clock.
using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 4'000>>;
// What the reference time counts.
using ReferenceUnits = std::chrono::duration<std::int64_t, std::ratio<64, 1'000>>;

struct FeedbackHeader {
  Ssrc sender{};
  Ssrc media{};
  std::uint16_t base_sequence = 0;
  std::uint16_t packets = 0;
  ReferenceUnits reference_time{};  // 24 bits with a sign; wraps
  std::uint8_t feedback_count = 0;
};

// Follows the reference time over its wraps: the nearest to the last one.
class ReferenceUnwrapper {
 public:
  ReferenceUnits unwrap(ReferenceUnits reference) {
    constexpr std::int64_t range = 1 << 24;
    if (last_) {
      const auto ahead = ((reference - *last_).count() % range + range) % range;
      reference = *last_ + ReferenceUnits(ahead < range / 2 ? ahead : ahead - range);
    }
    last_ = reference;
    return reference;
  }

 private:
  std::optional<ReferenceUnits> last_;
};

struct PacketStatus {
  std::uint16_t sequence = 0;
  std::optional<Ticks> arrival;  // from the start of the reference time; none: not arrived
};

struct TransportFeedback {
  FeedbackHeader header;
  std::span<PacketStatus> packets;  // in the memory that the caller gave
};

// Of a packet with RtcpType::transport_feedback and format_transport_wide. Error::limit for more packets than `memory`
// has places.
Result<TransportFeedback> parse_transport_feedback(const RtcpPacket& packet, std::span<PacketStatus> memory);

// A packet that arrived; sequence numbers are unwrapped.
struct PacketArrival {
  std::int64_t sequence = 0;
  Ticks arrival{};
};

struct WrittenFeedback {
  std::size_t size = 0;     // bytes
  std::size_t packets = 0;  // how many of the arrivals it speaks of
};
// Of arrivals in rising order of sequence number, as many as fit one feedback: the first at least, none behind a gap of
// more than limits::feedback_packets or a leap in time beyond 8 s. Packets from `from` to the first arrival are told as
// lost, unless they are too many. base_sequence, packets and reference_time of the header are made here.
Result<WrittenFeedback> write_transport_feedback(const FeedbackHeader& header, std::int64_t from,
                                                 std::span<const PacketArrival> arrivals, ByteSpan out);

}  // namespace pqc::media::rtp
