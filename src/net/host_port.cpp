#include "net/host_port.h"

#include <charconv>

namespace pqc::net {
namespace {

constexpr std::size_t longest_host = 253;

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text, bool any_port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty() || host.size() > longest_host) return std::nullopt;
  HostPort out{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || (out.port == 0 && !any_port)) return std::nullopt;
  return out;
}

std::optional<HostPort> parse_server(std::string_view text, std::uint16_t port) {
  const bool has_port =
      text.starts_with('[') ? text.find("]:") != std::string_view::npos : text.find(':') != std::string_view::npos;
  return parse_host_port(has_port ? std::string(text) : std::string(text) + ":" + std::to_string(port), false);
}

std::string to_text(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace pqc::net
