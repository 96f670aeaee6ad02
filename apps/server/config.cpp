#include "config.h"

#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

namespace pqc::app {
namespace {

using Setter = std::function<bool(const std::string& value, Config& config)>;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::optional<std::uint16_t> port_of(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

std::optional<std::uint64_t> number_of(const std::string& text, std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > largest) return std::nullopt;
  return number;
}

std::optional<bool> truth_of(const std::string& text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  return std::nullopt;
}

bool set_host(const std::string& value, std::string& host) {
  host = value == "*" ? "" : value;
  return true;
}

bool set_port(const std::string& value, std::uint16_t& port) {
  const auto parsed = port_of(value);
  if (parsed) port = *parsed;
  return parsed.has_value();
}

bool set_optional_port(const std::string& value, std::optional<std::uint16_t>& port) {
  const auto parsed = port_of(value);
  if (parsed) port = *parsed == 0 ? std::nullopt : parsed;
  return parsed.has_value();
}

bool set_count(const std::string& value, std::uint64_t& count) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  return error == std::errc() && end == value.data() + value.size() && !value.empty();
}

bool set_registration(const std::string& value, bool& invite_only) {
  invite_only = value == "invite";
  return invite_only || value == "open";
}

bool set_truth(const std::string& value, bool& truth) {
  const auto parsed = truth_of(value);
  if (parsed) truth = *parsed;
  return parsed.has_value();
}

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

bool set_bytes(const std::string& value, std::uint64_t& bytes) {
  const auto mebibytes = number_of(value, std::uint64_t{1} << 40U);
  if (mebibytes) bytes = *mebibytes * mebibyte;
  return mebibytes.has_value();
}

bool set_days(const std::string& value, std::chrono::days& days) {
  const auto parsed = number_of(value, 3650);
  if (parsed && *parsed > 0) days = std::chrono::days(*parsed);
  return parsed && *parsed > 0;
}

bool set_log_level(const std::string& value, LogLevel& level) {
  const auto parsed = parse_log_level(value);
  if (parsed) level = *parsed;
  return parsed.has_value();
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> all{
      {"server.signaling_host", [](auto& v, auto& c) { return set_host(v, c.server.host); }},
      {"server.signaling_port", [](auto& v, auto& c) { return set_port(v, c.server.port); }},
      {"server.name", [](auto& v, auto& c) { return c.server.name = v, true; }},
      {"server.data", [](auto& v, auto& c) { return c.server.data_folder = v, true; }},
      {"server.registration", [](auto& v, auto& c) { return set_registration(v, c.server.invite_only); }},
      {"server.messages_per_day", [](auto& v, auto& c) { return set_count(v, c.server.messages_per_day); }},
      {"server.metrics_port", [](auto& v, auto& c) { return set_optional_port(v, c.server.metrics_port); }},
      {"server.stun_port", [](auto& v, auto& c) { return set_optional_port(v, c.server.stun_port); }},
      {"server.rendezvous", [](auto& v, auto& c) { return set_truth(v, c.server.rendezvous); }},
      {"server.log_level", [](auto& v, auto& c) { return set_log_level(v, c.log_level); }},
      // For calls; checked, not used by this version.
      {"server.audio_port", [](auto& v, auto&) { return port_of(v).has_value(); }},
      {"server.video_port", [](auto& v, auto&) { return port_of(v).has_value(); }},
      {"files.max_mib", [](auto& v, auto& c) { return set_bytes(v, c.server.max_file); }},
      {"files.quota_mib", [](auto& v, auto& c) { return set_bytes(v, c.server.file_quota); }},
      {"files.keep_days", [](auto& v, auto& c) { return set_days(v, c.server.keep_files); }},
      {"turn.uris", [](auto& v, auto& c) { return c.server.turn_uris = v, true; }},
      {"turn.secretfile", [](auto& v, auto& c) { return c.server.turn_secret_file = v, true; }},
      {"tls.certfile", [](auto& v, auto& c) { return c.server.certificate_file = v, true; }},
      {"tls.keyfile", [](auto& v, auto& c) { return c.server.key_file = v, true; }},
      {"tls.allow_classical_tls", [](auto& v, auto& c) { return set_truth(v, c.server.allow_classical_tls); }},
  };
  return all;
}

}  // namespace

std::expected<LogLevel, std::string> parse_log_level(const std::string& text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return std::unexpected("'" + text + "' is none of debug, info, warning, error");
}

std::expected<void, std::string> parse_listen(const std::string& text, server::ServerOptions& options) {
  const auto wrong = std::unexpected("'" + text +
                                     "' is not ADDRESS:PORT: write the two as in 192.0.2.1:8443 or [2001:db8::1]:8443, "
                                     "and :8443 for every address");
  if (port_of(text)) return wrong;  // it could be the one as well as the other
  auto host = text;
  const auto colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  const bool has_port = colon != std::string::npos && (!bracketed || text.rfind(']') < colon);
  if (has_port) {
    const auto port = port_of(text.substr(colon + 1));
    if (!port) return wrong;
    options.port = *port;
    host = text.substr(0, colon);
  }
  if (bracketed) {
    if (!host.ends_with(']')) return wrong;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return std::unexpected("write an IPv6 address as [" + host + "]:PORT");
  }
  options.host = host == "*" ? "" : host;
  return {};
}

std::expected<void, server::StartFailure> read_config(const std::string& file, Config& config) {
  errno = 0;
  std::ifstream in(file);
  if (!in) {
    const auto code = errno == EACCES ? ExitCode::no_permission : ExitCode::missing;
    return std::unexpected(
        server::StartFailure{code, "cannot read the configuration " + file + ": " + std::strerror(errno)});
  }
  std::string section;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const auto where = file + ":" + std::to_string(number) + ": ";
    const auto wrong = [&](const std::string& what) {
      return std::unexpected(server::StartFailure{ExitCode::usage, where + what});
    };
    line = trimmed(line);
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      section = trimmed(line.substr(1, line.size() - 2));
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string::npos) return wrong("expected 'option = value'");
    const auto option = section + "." + trimmed(line.substr(0, equals));
    const auto value = trimmed(line.substr(equals + 1));
    const auto setter = setters().find(option);
    if (setter == setters().end()) return wrong("there is no option '" + option + "'");
    if (!setter->second(value, config)) return wrong("'" + value + "' is no value for " + option);
  }
  if (!in.eof()) {
    return std::unexpected(
        server::StartFailure{ExitCode::missing, "cannot read the configuration " + file + ": not a text file"});
  }
  if (config.server.certificate_file.empty() != config.server.key_file.empty()) {
    return std::unexpected(server::StartFailure{ExitCode::usage, file + ": certfile and keyfile belong together"});
  }
  if (config.server.turn_uris.empty() != config.server.turn_secret_file.empty()) {
    return std::unexpected(server::StartFailure{ExitCode::usage, file + ": uris and secretfile belong together"});
  }
  return {};
}

}  // namespace pqc::app
