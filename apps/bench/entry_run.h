// What it costs to come in: idle connections, logins with and without a ticket, and the start of a server.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "device_keys.h"
#include "histogram.h"
#include "net/relay_link.h"
#include "options.h"

namespace pqc::bench {

// Registers accounts run_name(role, run, 0 … count-1) and leaves. Blocks.
std::expected<void, std::string> register_accounts(std::size_t count, std::string_view role, std::uint64_t run,
                                                   const DeviceKeys& keys, const net::LinkOptions& link);

struct IdleResult {
  std::string group;
  std::uint64_t resident_before = 0;
  std::uint64_t resident_after = 0;
  double bytes_per_connection = 0;
  double cpu_us_per_login = 0;  // TCP, TLS, upgrade, login, subscription
  double logins_per_second = 0;
};

// Logs in accounts that are registered and subscribes; measures with all of them open. Blocks.
std::expected<IdleResult, std::string> run_idle(std::size_t count, std::string_view role, std::uint64_t run,
                                                const DeviceKeys& keys, const net::LinkOptions& link, pid_t server);

struct LoginResult {
  std::string group;
  Histogram full;     // from connect() to the server's answer to the login
  Histogram resumed;  // the same with a ticket
  std::optional<double> full_cpu_us;
  std::optional<double> resumed_cpu_us;
  std::uint64_t not_resumed = 0;  // tickets offered and not taken
};

std::expected<LoginResult, std::string> run_login(const LoginOptions& options, const DeviceKeys& keys,
                                                  const net::LinkOptions& link, std::optional<pid_t> server);

struct StartResult {
  double first_ready_ms = 0;  // keys and certificates are made
  Histogram ready;            // later starts: exec to the line that says it listens
  Histogram first_login;      // exec to the answer to a login
};

std::expected<StartResult, std::string> run_start(const StartOptions& options, const ServerOptions& server,
                                                  const DeviceKeys& keys);

}  // namespace pqc::bench
