// From the names of STUN and TURN servers to where they are. Blocks while a name is looked up; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/host_port.h"
#include "net/ice/agent.h"
#include "net/ice/turn_uri.h"

namespace pqc::net::ice {

// One for each address that the name has; nothing where it has none, as of a relay that does not answer.
[[nodiscard]] std::vector<TurnServer> find_turn(const TurnUri& uri, const std::string& username,
                                                const std::string& password);
// IPv4 only: behind an IPv6 address there is no NAT to ask about.
[[nodiscard]] std::optional<StunServer> find_stun(const HostPort& server);
// Whether nothing has to be looked up.
[[nodiscard]] bool is_numeric(const HostPort& server);

}  // namespace pqc::net::ice
