// Why a connection to a server failed or ended, as an error of this library. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "client/error.h"
#include "net/relay_link.h"

namespace pqc::client {

Error from_link(const net::LinkFailure& failure, const std::string& host, std::uint16_t port);

}  // namespace pqc::client
