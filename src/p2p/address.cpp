#include "p2p/address.h"

#include <charconv>

#include "base/log.h"

namespace pqc::p2p {
namespace {

constexpr std::size_t longest_host = 253;

std::unexpected<client::Error> bad(std::string_view text) {
  return client::fail(ExitCode::invalid_name, "'" + printable(text) +
                                                  "' is no address: write HOST:PORT, for example 192.0.2.7:60973 or "
                                                  "[2001:db8::1]:60973");
}

}  // namespace

client::Result<Address> parse_address(std::string_view text, bool any_port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(text);
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return bad(text);
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return bad(text);
  } else if (host.find(':') != std::string_view::npos) {
    return bad(text);
  }
  if (host.empty() || host.size() > longest_host) return bad(text);
  Address out{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || (out.port == 0 && !any_port)) return bad(text);
  return out;
}

std::string to_text(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace pqc::p2p
