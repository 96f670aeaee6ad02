// The address of a TURN server as people write it (net/ice/turn_uri.h). Pure.
#pragma once

#include <string_view>

#include "client/error.h"
#include "net/ice/turn_uri.h"

namespace pqc::p2p {

using net::ice::to_text;
using net::ice::TurnUri;

// Error: invalid_name.
client::Result<TurnUri> parse_turn_uri(std::string_view text);

}  // namespace pqc::p2p
