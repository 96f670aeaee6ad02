// The server's numbers in Prometheus' text format. No names of people in them.
#pragma once

#include <string>

#include "net/listener.h"
#include "server/services.h"
#include "server/stun/responder.h"

namespace pqc::server {

// `stun`: none where it is off.
std::string metrics_text(const Services& services, const net::ListenerStats& connections, const stun::Counters* stun);

}  // namespace pqc::server
