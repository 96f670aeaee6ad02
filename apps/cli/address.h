// A server's address and key as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/error.h"
#include "net/fingerprint.h"

namespace pqc::cli {

struct Address {
  std::string host;
  std::uint16_t port = 8443;
};

// HOST, HOST:PORT, [IPv6] or [IPv6]:PORT; a bare IPv6 address has no port.
client::Result<Address> parse_address(std::string_view text, std::uint16_t default_port);

// Nothing for an empty text.
client::Result<std::optional<net::Fingerprint>> parse_fingerprint(const std::string& text);

}  // namespace pqc::cli
