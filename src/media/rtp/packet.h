// An RTP packet: header (RFC 3550 §5.1), header extensions in their one-byte form (RFC 8285 §4.2), payload.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |                         CSRC, CC times                        |
//   |  0xBEDE, or another profile   | length in words of what follows|
//
// Pure: views in, views out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "media/rtp/types.h"

namespace pqc::media::rtp {

inline constexpr std::size_t fixed_header_size = 12;
inline constexpr std::uint16_t one_byte_profile = 0xBEDE;

struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  // below 128
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  Ssrc ssrc{};
};

struct Packet {
  Header header;
  ByteView extensions;  // of the one-byte form; of another profile: none
  ByteView payload;     // without padding
};

// Contributing sources and extensions of other profiles are stepped over. Error::malformed, Error::truncated.
Result<Packet> parse_packet(ByteView packet);
// Of the header with contributing sources and extensions, which stands in clear before what SRTP encrypts.
Result<std::size_t> whole_header_size(ByteView packet);
// The first extension of that number, 1..14. Stops at what RFC 8285 says to stop at.
std::optional<ByteView> find_extension(ByteView extensions, std::uint8_t number);

// A header with one extension of two bytes, a transport-wide sequence number, or with none where the number is 0.
struct TransportSequence {
  std::uint8_t number = 0;
  std::uint16_t value = 0;
};
constexpr std::size_t header_size(std::uint8_t extension_number) {
  return fixed_header_size + (extension_number == 0 ? 0 : 8);
}
// Fills the first header_size(extension.number) bytes of `out`, which has as many.
void write_header(const Header& header, TransportSequence extension, ByteSpan out);

}  // namespace pqc::media::rtp
