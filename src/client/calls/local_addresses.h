// The addresses under which the other side of a call may reach this machine.
#pragma once

#include <string>
#include <vector>

namespace pqc::client {

// Numeric, of the interfaces that are up, IPv6 first, without link-local ones; loopback only where there is nothing
// else. At most net::ice::limits::local_addresses.
[[nodiscard]] std::vector<std::string> local_addresses();

}  // namespace pqc::client
