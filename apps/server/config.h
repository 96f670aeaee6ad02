// The server's configuration file: INI, at most 30 options, none required (config/server.conf shows all of them).
#pragma once

#include <expected>
#include <string>

#include "base/log.h"
#include "server/server.h"

namespace pqc::app {

struct Config {
  server::ServerOptions server;
  LogLevel log_level = LogLevel::info;
};

// Applies the file to `config`. The error names line and option.
std::expected<void, server::StartFailure> read_config(const std::string& file, Config& config);

std::expected<LogLevel, std::string> parse_log_level(const std::string& text);
// "HOST:PORT", "[::1]:PORT", ":PORT", "HOST"; an empty or "*" host is every address.
std::expected<void, std::string> parse_listen(const std::string& text, server::ServerOptions& options);

}  // namespace pqc::app
