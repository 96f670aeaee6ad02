// The address of a TURN server as people and servers write it (RFC 7065). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/fingerprint.h"
#include "net/host_port.h"

namespace pqc::net::ice {

// How it is reached; between the relay and the peer it is UDP.
enum class TurnTransport : std::uint8_t { udp, tcp, tls };

struct TurnUri {
  HostPort server;
  TurnTransport transport{};
  std::optional<Fingerprint> pin;  // TLS only

  friend bool operator==(const TurnUri&, const TurnUri&) = default;
};

// "turn:HOST[:PORT][?transport=udp|tcp]" or "turns:HOST[:PORT][?transport=tcp]", which is TLS; "turn:" may be left off.
// Of ours is "pin=FINGERPRINT" after "turns:", in the place of a certificate that an authority vouches for. Nothing for
// anything else.
std::optional<TurnUri> parse_turn_uri(std::string_view text);
// In full, without the pin.
std::string to_text(const TurnUri& uri);

}  // namespace pqc::net::ice
