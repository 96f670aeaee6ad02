#include "p2p/address.h"

#include "base/log.h"

namespace pqc::p2p {

std::unexpected<client::Error> no_address(std::string_view text) {
  return client::fail(ExitCode::invalid_name, "'" + printable(text) +
                                                  "' is no address: write HOST:PORT, for example 192.0.2.7:60973 or "
                                                  "[2001:db8::1]:60973");
}

client::Result<Address> parse_address(std::string_view text, bool any_port) {
  auto address = net::parse_host_port(text, any_port);
  if (!address) return no_address(text);
  return std::move(*address);
}

}  // namespace pqc::p2p
