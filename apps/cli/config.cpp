#include "cli/config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/log.h"
#include "client/files.h"

namespace pqc::cli {
namespace {

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool set_port(std::uint16_t& port, std::string_view value) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
  return error == std::errc() && end == value.data() + value.size() && port != 0;
}

bool set_direct(client::DirectPolicy& policy, std::string_view value) {
  using client::DirectPolicy;
  policy = value == "on" ? DirectPolicy::on : value == "contacts" ? DirectPolicy::contacts : DirectPolicy::off;
  return value == "on" || value == "contacts" || value == "off";
}

// Those that this program reads, and those of the server's file: one file may serve both.
constexpr std::array<std::string_view, 6> sections{"server", "user", "video", "files", "turn", "tls"};

// False: the value is not allowed. An option that is not ours answers true where its section has options of others.
bool set_option(Config& config, std::string_view section, std::string_view option, std::string_view value) {
  if (section == "server") {
    if (option == "signaling_host") return config.host = value, true;
    if (option == "signaling_port") return set_port(config.port, value);
    if (option == "allow_classical_tls")
      return config.allow_classical = value == "true", value == "true" || value == "false";
    return option == "audio_port" || option == "video_port";
  }
  if (section == "user") {
    if (option == "username") return config.username = value, true;
    if (option == "profile") return config.profile = value, true;
    if (option == "minimum_level") return config.minimum_level = value, true;
    if (option == "direct") return set_direct(config.direct, value);
    return false;
  }
  return !section.empty();
}

}  // namespace

client::Result<Config> parse_config(std::string_view text) {
  Config config;
  std::string section;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = trim(line.substr(1, line.size() - 2));
      if (std::ranges::contains(sections, section)) continue;
      return client::fail(ExitCode::usage, "line " + std::to_string(number) +
                                               " of the configuration: there is no section " + printable(line) +
                                               ", the program reads [server] and [user]");
    }
    const auto equals = line.find('=');
    const bool good = equals != std::string_view::npos &&
                      set_option(config, section, trim(line.substr(0, equals)), trim(line.substr(equals + 1)));
    if (!good)
      return client::fail(ExitCode::usage, "line " + std::to_string(number) +
                                               " of the configuration is not an option of this program with an "
                                               "allowed value: correct or remove it");
  }
  return config;
}

client::Result<Config> read_config(const std::filesystem::path& file, bool required) {
  std::error_code ignored;
  if (!required && !std::filesystem::exists(file, ignored)) return Config{};
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::unexpected(client::system_error(errno, "read", file));
  std::ostringstream text;
  text << in.rdbuf();
  auto config = parse_config(text.view());
  if (!config) config.error().message += " (" + file.string() + ")";
  return config;
}

}  // namespace pqc::cli
