// Where a program listens, as people write it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pqc::net {

struct HostPort {
  std::string host;  // a name, an IPv4 or an IPv6 address without brackets; empty: every address of this machine
  std::uint16_t port = 0;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "host:port", "1.2.3.4:port" or "[2001:db8::1]:port". Port 0 only where `any_port`. Nothing for anything else.
std::optional<HostPort> parse_host_port(std::string_view text, bool any_port);
// The same, or without ":port", which is `port` then.
std::optional<HostPort> parse_server(std::string_view text, std::uint16_t port);
std::string to_text(const HostPort& address);

}  // namespace pqc::net
