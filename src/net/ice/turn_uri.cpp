#include "net/ice/turn_uri.h"

namespace pqc::net::ice {
namespace {

// RFC 8656 §14.
constexpr std::uint16_t plain_port = 3478;
constexpr std::uint16_t tls_port = 5349;

struct Query {
  std::string_view transport;
  std::string_view pin;
};

// Each part once, and none that is not known.
std::optional<Query> parse_query(std::string_view text) {
  constexpr std::string_view transport = "transport=";
  constexpr std::string_view pin = "pin=";
  Query out;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    auto& value = part.starts_with(pin) ? out.pin : out.transport;
    if (!value.empty() || !(part.starts_with(pin) || part.starts_with(transport))) return std::nullopt;
    value = part.substr(part.find('=') + 1);
    if (value.empty()) return std::nullopt;
  }
  return out;
}

// TLS over UDP (DTLS) is nothing that we speak.
std::optional<TurnTransport> transport_of(bool tls, std::string_view name) {
  if (tls) return name.empty() || name == "tcp" ? std::optional(TurnTransport::tls) : std::nullopt;
  if (name.empty() || name == "udp") return TurnTransport::udp;
  return name == "tcp" ? std::optional(TurnTransport::tcp) : std::nullopt;
}

}  // namespace

std::optional<TurnUri> parse_turn_uri(std::string_view text) {
  constexpr std::string_view plain = "turn:";
  constexpr std::string_view secure = "turns:";
  const bool tls = text.starts_with(secure);
  if (tls || text.starts_with(plain)) text.remove_prefix(tls ? secure.size() : plain.size());
  const auto mark = text.find('?');
  const auto query = mark == std::string_view::npos ? Query() : parse_query(text.substr(mark + 1));
  auto server = parse_server(text.substr(0, mark), tls ? tls_port : plain_port);
  if (!query || !server) return std::nullopt;
  const auto transport = transport_of(tls, query->transport);
  if (!transport) return std::nullopt;
  TurnUri out{std::move(*server), *transport, {}};
  if (query->pin.empty()) return out;
  out.pin = parse_fingerprint(query->pin);
  if (!tls || !out.pin) return std::nullopt;
  return out;
}

std::string to_text(const TurnUri& uri) {
  return (uri.transport == TurnTransport::tls ? "turns:" : "turn:") + net::to_text(uri.server) +
         (uri.transport == TurnTransport::udp ? "?transport=udp" : "?transport=tcp");
}

}  // namespace pqc::net::ice
