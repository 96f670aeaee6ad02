// Where the other side is, as people write it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/error.h"

namespace pqc::p2p {

struct Address {
  std::string host;  // a name, an IPv4 or an IPv6 address without brackets; empty: every address of this machine
  std::uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

// "host:port", "1.2.3.4:port" or "[2001:db8::1]:port". Port 0 only where `any_port`. Error: invalid_name.
client::Result<Address> parse_address(std::string_view text, bool any_port);
std::string to_text(const Address& address);

}  // namespace pqc::p2p
