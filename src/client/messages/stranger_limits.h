// What strangers may cost a service that anybody may call (docs/spec/calls.md §10): how many of an account's deliveries
// are looked at, and how often the server is asked for its record. Bounded, whoever comes; in memory only.
#pragma once

#include <string>

#include "base/rate_table.h"
#include "client/limits.h"

namespace pqc::client {

struct StrangerLimits {
  RateTable<std::string> deliveries{limits::stranger_deliveries, limits::stranger_accounts};
  RateTable<std::string> lookups{limits::stranger_lookups, limits::stranger_accounts};
};

}  // namespace pqc::client
