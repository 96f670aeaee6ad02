// RTP and RTCP, told apart as a session does. What was read stays inside the packet; feedback that was read can be
// written and reads as the same, but for wraps of its clock.
#include <cstdlib>
#include <vector>

#include "media/rtp/packet.h"
#include "media/rtp/transport_feedback.h"

namespace {

using namespace pqc;
using namespace pqc::media;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(ByteView whole, ByteView part) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void rtp_packet(ByteView bytes) {
  const auto packet = rtp::parse_packet(bytes);
  if (!packet) return;
  require(inside(bytes, packet->payload) && inside(bytes, packet->extensions));
  for (std::uint8_t number = 1; number < 15; ++number) {
    if (const auto found = rtp::find_extension(packet->extensions, number)) require(inside(bytes, *found));
  }
}

void transport_feedback(const rtp::RtcpPacket& packet) {
  static std::vector<rtp::PacketStatus> memory(rtp::limits::feedback_packets);
  const auto feedback = rtp::parse_transport_feedback(packet, memory);
  if (!feedback) return;
  std::vector<rtp::PacketArrival> arrivals;
  for (std::size_t i = 0; i < feedback->packets.size(); ++i) {
    const auto& arrival = feedback->packets[i].arrival;
    if (arrival) arrivals.push_back({feedback->header.base_sequence + static_cast<std::int64_t>(i), *arrival});
  }
  if (arrivals.empty()) return;
  Bytes out(4'096);
  const auto written = rtp::write_transport_feedback(feedback->header, feedback->header.base_sequence, arrivals, out);
  require(written.has_value() && written->packets >= 1);
  const auto again = rtp::CompoundReader(ByteView(out).first(written->size)).next();
  static std::vector<rtp::PacketStatus> second(rtp::limits::feedback_packets);
  const auto read = rtp::parse_transport_feedback(**again, second);
  require(read.has_value());
  std::size_t count = 0;
  constexpr rtp::Ticks wrap = rtp::ReferenceUnits(1 << 24);
  for (const auto& status : read->packets) {
    if (status.arrival) require((*status.arrival - arrivals[count++].arrival) % wrap == rtp::Ticks(0));
  }
  require(count == written->packets);
}

void rtcp_compound(ByteView bytes) {
  rtp::CompoundReader reader(bytes);
  for (auto packet = reader.next(); packet && *packet; packet = reader.next()) {
    require(inside(bytes, (*packet)->body));
    if (const auto report = rtp::parse_report(**packet)) require(report->blocks().size() == (*packet)->count);
    if (const auto text = rtp::parse_source_description(**packet); text && *text)
      require(inside(bytes, (*text)->cname));
    std::ignore = rtp::parse_bye(**packet);
    if (const auto nack = rtp::parse_nack(**packet)) nack->for_each([](std::uint16_t) {});
    transport_feedback(**packet);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (size >= 2 && rtp::is_rtcp(bytes[1])) {
    rtcp_compound(bytes);
  } else {
    rtp_packet(bytes);
  }
  return 0;
}
