#include "cli/address.h"

#include <algorithm>
#include <charconv>

namespace pqc::cli {

client::Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  Address out{std::string(text), default_port};
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return client::fail(ExitCode::usage, "the server's address has no closing ']'");
    out.host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return client::fail(ExitCode::usage, "write the server as [ADDRESS]:PORT");
    if (!rest.empty()) port = rest.substr(1);
  } else if (std::ranges::count(text, ':') == 1) {
    out.host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
  }
  if (out.host.empty())
    return client::fail(ExitCode::usage,
                        "which server? Give --server HOST[:PORT], or signaling_host in the configuration");
  if (port.empty()) return out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port == 0)
    return client::fail(ExitCode::usage, "the server's port is a number from 1 to 65535");
  return out;
}

client::Result<std::optional<net::Fingerprint>> parse_fingerprint(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto parsed = net::parse_fingerprint(text);
  if (!parsed)
    return client::fail(
        ExitCode::invalid_name,
        "this is no fingerprint: give what 'pqc-chat-server fingerprint' prints, 52 letters and digits");
  return parsed;
}

}  // namespace pqc::cli
