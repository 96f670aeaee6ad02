// Limits of what RTP and RTCP from the wire may ask of us.
#pragma once

#include <cstddef>

namespace pqc::media::rtp::limits {

// RC, a count of five bits (RFC 3550 §6.4.1).
inline constexpr std::size_t report_blocks = 31;
// CNAME, behind a length of one byte (RFC 3550 §6.5).
inline constexpr std::size_t cname = 255;
// Packets that one transport-wide feedback may speak of.
inline constexpr std::size_t feedback_packets = 1'024;
// Lost packets that one generic NACK of ours names.
inline constexpr std::size_t nack_packets = 64;

}  // namespace pqc::media::rtp::limits
