#include "net/ice/candidate.h"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>

#include "base/bytes.h"

namespace pqc::net::ice {
namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;

template <class Ip>
std::optional<Ip> parse(int family, const std::string& text) {
  Ip out{};
  return ::inet_pton(family, text.c_str(), out.data()) == 1 ? std::optional(out) : std::nullopt;
}

// RFC 6890 §2.2.2, RFC 5771: this network, multicast, and what is broadcast to.
bool names_a_host(const V4& ip) {
  constexpr V4 broadcast{255, 255, 255, 255};
  return ip[0] != 0 && (ip[0] & 0xf0U) != 0xe0 && ip != broadcast;
}

// RFC 4291 §2.5.5, §2.7: an IPv4 address in 96 bits of zeros or behind ffff would go round the rules for those.
bool names_a_host(const V6& ip) {
  constexpr std::size_t zeros = 10;
  const bool low = std::all_of(ip.begin(), ip.begin() + zeros, [](std::uint8_t byte) { return byte == 0; });
  const bool holds_v4 = low && ((ip[10] == 0 && ip[11] == 0) || (ip[10] == 0xff && ip[11] == 0xff));
  return ip[0] != 0xff && !holds_v4;
}

bool is_loopback(const std::string& ip) {
  V6 last{};
  last.back() = 1;
  const auto v4 = parse<V4>(AF_INET, ip);
  return v4 ? (*v4)[0] == 127 : parse<V6>(AF_INET6, ip) == last;
}

}  // namespace

bool is_usable_candidate(const Candidate& candidate, std::span<const std::string> ours) {
  if (candidate.port == 0) return false;
  if (is_loopback(candidate.ip)) return std::ranges::all_of(ours, is_loopback);
  if (const auto v4 = parse<V4>(AF_INET, candidate.ip)) return names_a_host(*v4);
  const auto v6 = parse<V6>(AF_INET6, candidate.ip);
  return v6 && names_a_host(*v6);
}

}  // namespace pqc::net::ice
