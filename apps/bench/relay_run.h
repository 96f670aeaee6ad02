// Senders to receivers through a relay: how many messages a second the server takes and delivers, how long one is on
// its way, and whether each arrived exactly once and in order.
//
//   register all -> (absent: receivers leave) -> warm up -> measure -> stop sending -> (absent: receivers come)
//     -> everything accepted has arrived, or the drain deadline passes -> report
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <sys/types.h>

#include "device_keys.h"
#include "histogram.h"
#include "ledger.h"
#include "net/relay_link.h"
#include "options.h"

namespace pqc::bench {

struct RelayResult {
  std::string group;
  std::string cipher;
  double seconds = 0;  // of the measured part
  double accepted_per_second = 0;
  double arrived_per_second = 0;
  double drain_per_second = 0;  // absent only: what the receivers get once they are there
  Histogram latency;            // send to arrival, of what was sent in the measured part
  Histogram acceptance;         // send to the server's answer
  std::optional<double> server_cpu_us_per_message;
  std::optional<double> server_cpu_percent;
  std::optional<std::uint64_t> server_resident_bytes;
  double own_cpu_percent = 0;
  Verdict verdict;
};

// `server_process` when the server's usage can be read. Blocks until the run is over.
std::expected<RelayResult, std::string> run_relay(const RelayOptions& options, const DeviceKeys& keys,
                                                  const net::LinkOptions& link, std::optional<pid_t> server_process);

}  // namespace pqc::bench
