#include "p2p/turn_uri.h"

#include "base/log.h"

namespace pqc::p2p {

client::Result<TurnUri> parse_turn_uri(std::string_view text) {
  auto uri = net::ice::parse_turn_uri(text);
  if (!uri)
    return client::fail(ExitCode::invalid_name, "'" + printable(text) +
                                                    "' is no relay: write turn:HOST[:PORT][?transport=udp|tcp], or "
                                                    "turns:HOST[:PORT][?pin=FINGERPRINT] for TLS");
  return std::move(*uri);
}

}  // namespace pqc::p2p
