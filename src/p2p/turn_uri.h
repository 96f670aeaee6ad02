// The address of a TURN server as people and servers write it (RFC 7065). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/error.h"
#include "net/fingerprint.h"
#include "net/ice/agent.h"
#include "p2p/address.h"

namespace pqc::p2p {

struct TurnUri {
  Address server;
  net::ice::TurnTransport transport{};
  std::optional<net::Fingerprint> pin;  // TLS only

  friend bool operator==(const TurnUri&, const TurnUri&) = default;
};

// "turn:HOST[:PORT][?transport=udp|tcp]" or "turns:HOST[:PORT][?transport=tcp]", which is TLS; "turn:" may be left off.
// Of ours is "pin=FINGERPRINT" after "turns:", in the place of a certificate that an authority vouches for. Error:
// invalid_name.
client::Result<TurnUri> parse_turn_uri(std::string_view text);
// In full, without the pin.
std::string to_text(const TurnUri& uri);

}  // namespace pqc::p2p
