// What RTP (RFC 3550) and RTCP share.
#pragma once

#include <cstdint>

#include "wire/error.h"

namespace pqc::media::rtp {

using wire::Error;
using wire::Result;

// A synchronisation source.
enum class Ssrc : std::uint32_t {};

inline constexpr std::uint8_t version = 2;

// Whether a datagram whose first byte is RTP's is RTCP (RFC 5761 §4). It has at least two bytes.
constexpr bool is_rtcp(std::uint8_t second_byte) {
  return second_byte >= 192 && second_byte <= 223;
}

}  // namespace pqc::media::rtp
