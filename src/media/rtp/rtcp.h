// RTCP: compound packets (RFC 3550 §6) of sender and receiver reports, SDES with a CNAME, BYE, and generic NACK
// (RFC 4585 §6.2.1). Reading goes packet by packet; types that are not known are stepped over by their length.
// Transport- wide feedback stands in transport_feedback.h.
//
// Pure: views in, views out, nothing allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "media/rtp/limits.h"
#include "media/rtp/types.h"

namespace pqc::media::rtp {

enum class RtcpType : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  source_description = 202,
  bye = 203,
  transport_feedback = 205,  // RFC 4585: RTPFB
};
// Of RTPFB, in the place of the count.
inline constexpr std::uint8_t format_nack = 1;
inline constexpr std::uint8_t format_transport_wide = 15;

// One packet of a compound.
struct RtcpPacket {
  RtcpType type{};
  std::uint8_t count = 0;  // five bits: a count, or the format of a feedback
  ByteView body;           // behind the first word, without padding
};

class CompoundReader {
 public:
  explicit CompoundReader(ByteView compound) : rest_(compound) {}
  // Nothing at the end. After an error there is nothing more to read.
  Result<std::optional<RtcpPacket>> next();

 private:
  ByteView rest_;
};

// NTP's 64 bits: seconds, and 2^-32 of them.
enum class NtpTime : std::uint64_t {};
// The middle 32 bits, in which reports name a time (RFC 3550 §6.4.1).
constexpr std::uint32_t middle(NtpTime time) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(time) >> 16);
}

struct ReportBlock {
  Ssrc ssrc{};                           // whom it is about
  std::uint8_t fraction_lost = 0;        // of 256
  std::int32_t cumulative_lost = 0;      // 24 bits with a sign
  std::uint32_t highest_sequence = 0;    // extended by the count of wraps
  std::uint32_t jitter = 0;              // in units of the stream's clock
  std::uint32_t last_sender_report = 0;  // middle(NtpTime); 0: none yet
  std::uint32_t delay_since_last = 0;    // in 1/65,536 s
};

struct SenderInfo {
  NtpTime ntp{};
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t bytes = 0;
};

// A sender report with SenderInfo, or a receiver report without.
struct Report {
  Ssrc sender{};
  std::optional<SenderInfo> info;
  std::array<ReportBlock, limits::report_blocks> memory;
  std::size_t size = 0;
  [[nodiscard]] std::span<const ReportBlock> blocks() const { return std::span(memory).first(size); }
};
Result<Report> parse_report(const RtcpPacket& packet);

// The CNAME of the first chunk that has one.
struct SourceDescription {
  Ssrc ssrc{};
  ByteView cname;
};
Result<std::optional<SourceDescription>> parse_source_description(const RtcpPacket& packet);

// The first source that leaves; all of a session leave together.
Result<std::optional<Ssrc>> parse_bye(const RtcpPacket& packet);

// Generic NACK: pairs of a sequence number and a mask of the sixteen behind it.
class Nack {
 public:
  Nack(Ssrc media, ByteView pairs) : media_(media), pairs_(pairs) {}
  [[nodiscard]] Ssrc media() const { return media_; }
  // Calls with each sequence number that is asked for.
  template <class F>
  void for_each(F&& with) const {
    for (auto rest = pairs_; rest.size() >= 4; rest = rest.subspan(4)) {
      const auto first = static_cast<std::uint16_t>((rest[0] << 8) | rest[1]);
      with(first);
      const unsigned mask = (unsigned{rest[2]} << 8) | rest[3];
      for (unsigned i = 0; i < 16; ++i) {
        if ((mask >> i & 1U) != 0) with(static_cast<std::uint16_t>(first + i + 1));
      }
    }
  }

 private:
  Ssrc media_;
  ByteView pairs_;
};
// Of a packet with RtcpType::transport_feedback and format_nack.
Result<Nack> parse_nack(const RtcpPacket& packet);

// Writers put one packet at the start of `out` and answer its size, or Error::limit where it does not fit.
Result<std::size_t> write_report(Ssrc sender, const std::optional<SenderInfo>& info,
                                 std::span<const ReportBlock> blocks, ByteSpan out);
Result<std::size_t> write_source_description(Ssrc sender, ByteView cname, ByteSpan out);
Result<std::size_t> write_bye(Ssrc sender, ByteSpan out);
// Sequence numbers in rising order.
Result<std::size_t> write_nack(Ssrc sender, Ssrc media, std::span<const std::uint16_t> lost, ByteSpan out);

}  // namespace pqc::media::rtp
