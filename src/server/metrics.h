// The server's numbers in Prometheus' text format. No names of people in them.
#pragma once

#include <string>

#include "net/listener.h"
#include "server/services.h"

namespace pqc::server {

std::string metrics_text(const Services& services, const net::ListenerStats& connections);

}  // namespace pqc::server
