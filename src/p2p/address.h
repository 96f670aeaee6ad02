// Where the other side is, as people write it. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "client/error.h"
#include "net/host_port.h"

namespace pqc::p2p {

using Address = net::HostPort;
using net::to_text;

// "host:port", "1.2.3.4:port" or "[2001:db8::1]:port". Port 0 only where `any_port`. Error: invalid_name.
client::Result<Address> parse_address(std::string_view text, bool any_port);
std::unexpected<client::Error> no_address(std::string_view text);

}  // namespace pqc::p2p
