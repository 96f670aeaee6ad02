// The client's configuration file (INI): /etc/pqc-chat/client.conf, or the one of --config.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "client/direct/direct_paths.h"
#include "client/error.h"

namespace pqc::cli {

struct Config {
  std::string host;                                         // [server] signaling_host
  std::uint16_t port = 8443;                                // [server] signaling_port
  bool allow_classical = false;                             // [server] allow_classical_tls
  std::string username;                                     // [user] username
  std::string profile;                                      // [user] profile
  std::string minimum_level;                                // [user] minimum_level
  client::DirectPolicy direct = client::DirectPolicy::off;  // [user] direct
};

inline constexpr const char* default_config = "/etc/pqc-chat/client.conf";

// Sections and options of other programs' parts ([video], [tls], …) are passed over; an unknown option of ours is an
// error. A missing default file is an empty configuration. Errors: usage, missing, no_permission.
client::Result<Config> parse_config(std::string_view text);
client::Result<Config> read_config(const std::filesystem::path& file, bool required);

}  // namespace pqc::cli
