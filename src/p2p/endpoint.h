// How this machine's UDP looks from outside, asked of STUN servers (RFC 8489 §6.2.1, RFC 5780 §4.3's comparison of
// mappings). Blocks; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/error.h"
#include "p2p/address.h"

namespace pqc::p2p {

// One server's answer, or why there is none.
struct StunAnswer {
  Address server;  // as it was given
  Address remote;  // where it was asked
  Address local;
  std::optional<Address> mapped;
  std::chrono::microseconds round_trip{};
  std::string failure;
};

enum class Nat : std::uint8_t {
  unknown,               // fewer than two servers answered
  none,                  // the mapped address is the machine's own
  endpoint_independent,  // every server sees the same address: hole punching works
  address_dependent,     // each sees another one: only with a peer that is easy to reach, or through a relay
};
std::string_view name(Nat nat);

struct Endpoint {
  Address address;  // as the first server saw it
  Nat nat = Nat::unknown;
};

// Asks the servers in their order, all from one port, until `wanted` of one address family have answered; a server that
// does not answer is passed over. Tells of each. Errors: timed_out (none answered).
client::Result<Endpoint> find_endpoint(std::span<const Address> servers, std::size_t wanted,
                                       const std::function<void(const StunAnswer&)>& tell);

// RFC 8489 §18.6.
inline constexpr std::uint16_t stun_port = 3478;
// "host", "host:port", "[address]:port"; stun_port where there is none. Error: invalid_name.
client::Result<Address> parse_stun_server(std::string_view text);

}  // namespace pqc::p2p
