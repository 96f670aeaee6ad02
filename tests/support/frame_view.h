// Which Ethernet frames a bad cable holds up: those that carry UDP, over IPv4 or IPv6. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace pqc::test {

// The bytes of the IP packet, its header included, of a frame that carries UDP; nothing for any other frame, one cut
// off among them. Frames with tags of virtual networks are other ones.
inline std::optional<std::size_t> udp_packet_size(std::span<const std::uint8_t> frame) {
  constexpr std::size_t ethernet = 14;
  constexpr std::uint8_t udp = 17;
  constexpr std::size_t ipv4_header = 20;
  constexpr std::size_t ipv6_header = 40;
  if (frame.size() < ethernet) return std::nullopt;
  const unsigned kind = frame[12] << 8U | frame[13];
  const auto packet = frame.subspan(ethernet);
  const auto two = [&](std::size_t at) -> std::size_t { return packet[at] << 8U | packet[at + 1]; };
  if (kind == 0x0800 && packet.size() >= ipv4_header && packet[9] == udp) return two(2);
  if (kind == 0x86DD && packet.size() >= ipv6_header && packet[6] == udp) return ipv6_header + two(4);
  return std::nullopt;
}

}  // namespace pqc::test
