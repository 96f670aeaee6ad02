// The address of a TURN server as people and servers write it (RFC 7065). Pure.
#pragma once

#include <string_view>

#include "client/error.h"
#include "p2p/address.h"

namespace pqc::p2p {

struct TurnUri {
  Address server;
  bool tcp = false;

  friend bool operator==(const TurnUri&, const TurnUri&) = default;
};

// "turn:HOST[:PORT][?transport=udp|tcp]"; "turn:" may be left off. Error: invalid_name, also for "turns:", which this
// program does not speak.
client::Result<TurnUri> parse_turn_uri(std::string_view text);

}  // namespace pqc::p2p
