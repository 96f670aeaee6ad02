#include "p2p/turn_uri.h"

#include "base/log.h"
#include "p2p/endpoint.h"

namespace pqc::p2p {

client::Result<TurnUri> parse_turn_uri(std::string_view text) {
  constexpr std::string_view scheme = "turn:";
  constexpr std::string_view udp = "?transport=udp";
  constexpr std::string_view tcp = "?transport=tcp";
  const auto whole = text;
  if (text.starts_with("turns:"))
    return client::fail(ExitCode::invalid_name,
                        "relays are reached over UDP or TCP, not over TLS: what goes through "
                        "them is sealed anyway; write turn:HOST?transport=tcp");
  if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  const bool over_tcp = text.ends_with(tcp);
  if (over_tcp || text.ends_with(udp)) text.remove_suffix(udp.size());
  // TURN's port is STUN's (RFC 8656 §14).
  auto server = parse_stun_server(text);
  if (text.find('?') != std::string_view::npos || !server)
    return client::fail(ExitCode::invalid_name,
                        "'" + printable(whole) + "' is no relay: write turn:HOST[:PORT][?transport=udp|tcp]");
  return TurnUri{std::move(*server), over_tcp};
}

}  // namespace pqc::p2p
