// pqc-chat-server: arguments, and the small commands beside `run`.
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include "run.h"
#include "server/maintenance.h"

namespace {

using namespace pqc;
using app::Config;

constexpr const char* system_config = "/etc/pqc-chat/server.conf";

// The service's folder for root and for the user that owns it, else the user's own (XDG Base Directory).
std::string default_data_folder() {
  const std::string service = "/var/lib/pqc-chat";
  if (::geteuid() == 0 || ::access(service.c_str(), W_OK) == 0) return service;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return std::string(data) + "/pqc-chat-server";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/pqc-chat-server";
}

struct Arguments {
  std::string data;
  std::string config;
  std::string listen;
  std::string name;
  std::string log_level;
  int metrics_port = -1;
  int stun_port = -1;
  int ready_fd = -1;
  bool invite_only = false;
  std::string invited;
  bool rendezvous = false;
  bool json = false;
  int expires_hours = 7 * 24;
  std::string backup_file;
};

int fail(const server::StartFailure& failure) {
  app::complain(failure.text);
  return number(failure.code);
}

// The file, then what the command line says.
std::expected<Config, server::StartFailure> configure(const Arguments& arguments) {
  Config config;
  const bool named = !arguments.config.empty();
  const auto file = named ? arguments.config : std::string(system_config);
  if (named || ::access(file.c_str(), F_OK) == 0) {
    if (auto read = app::read_config(file, config); !read) return std::unexpected(read.error());
  }
  if (!arguments.data.empty()) config.server.data_folder = arguments.data;
  if (config.server.data_folder.empty()) config.server.data_folder = default_data_folder();
  if (!arguments.name.empty()) config.server.name = arguments.name;
  if (arguments.invite_only) config.server.invite_only = true;
  if (arguments.rendezvous) config.server.rendezvous = true;
  if (arguments.metrics_port >= 0) config.server.metrics_port = static_cast<std::uint16_t>(arguments.metrics_port);
  if (arguments.stun_port >= 0) config.server.stun_port = static_cast<std::uint16_t>(arguments.stun_port);
  if (!arguments.log_level.empty()) {
    const auto level = app::parse_log_level(arguments.log_level);
    if (!level) return std::unexpected(server::StartFailure{ExitCode::usage, level.error()});
    config.log_level = *level;
  }
  if (!arguments.listen.empty()) {
    if (auto parsed = app::parse_listen(arguments.listen, config.server); !parsed) {
      return std::unexpected(server::StartFailure{ExitCode::usage, parsed.error()});
    }
  }
  return config;
}

int print_fingerprint(const Config& config) {
  const auto fingerprint = server::read_fingerprint(config.server.data_folder);
  if (!fingerprint) return fail(fingerprint.error());
  std::printf("%s\n", fingerprint->c_str());
  return 0;
}

int print_invite(const Config& config, int hours, const std::string& name) {
  const auto token = server::make_invite(config.server.data_folder, std::chrono::hours(hours), name);
  if (!token) return fail(token.error());
  std::printf("%s\n", token->c_str());
  return 0;
}

// Name, address and fingerprint are of characters that JSON needs no escapes for.
void print_json(const server::Status& status) {
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "{\"v\":1,\"type\":\"status\",\"name\":\"%s\",\"fingerprint\":\"%s\",\"address\":\"%s\",\"running\":%s,"
      "\"accounts\":%llu,\"devices\":%llu,\"messages\":%llu,\"message_bytes\":%llu,\"invites\":%llu,"
      "\"file_bytes\":%llu,\"blobs\":%llu,\"blob_bytes\":%llu}\n",
      status.name.c_str(), status.fingerprint.c_str(), status.address.c_str(),
      status.address.empty() ? "false" : "true", n(status.accounts), n(status.devices), n(status.messages),
      n(status.message_bytes), n(status.invites), n(status.file_bytes), n(status.blobs), n(status.blob_bytes));
}

void print_rows(const server::Status& status) {
  const auto text = [](const char* label, const std::string& value) {
    std::printf("%-15s %s\n", label, value.c_str());
  };
  const auto count = [&text](const char* label, std::uint64_t value) { text(label, std::to_string(value)); };
  text("name", status.name);
  text("fingerprint", status.fingerprint);
  text("running", status.address.empty() ? "no" : "at " + status.address);
  count("accounts", status.accounts);
  count("devices", status.devices);
  count("messages", status.messages);
  count("message bytes", status.message_bytes);
  count("invites", status.invites);
  count("database bytes", status.file_bytes);
  count("files", status.blobs);
  count("file bytes", status.blob_bytes);
}

int print_status(const Config& config, bool json) {
  const auto status = server::read_status(config.server.data_folder);
  if (!status) return fail(status.error());
  if (json)
    print_json(*status);
  else
    print_rows(*status);
  return 0;
}

int make_backup(const Config& config, const std::string& file) {
  const auto made = server::make_backup(config.server.data_folder, file);
  return made ? 0 : fail(made.error());
}

// Of a misspelt command the parser only says that one is missing.
std::string what_is_wrong(const CLI::App& parser, const CLI::ParseError& error) {
  const auto commands = parser.get_subcommands();
  if (!commands.empty()) return error.what() + ("; see pqc-chat-server " + commands.front()->get_name()) + " --help";
  const auto rest = parser.remaining();
  return (rest.empty() ? "a command is missing" : "there is no command or option '" + rest.front() + "'") +
         "; see pqc-chat-server --help";
}

}  // namespace

int main(int argc, char** argv) {
  // It would write a line for each frame of a stranger that is no UTF-8, past our log and its limits.
  google::protobuf::SetLogHandler(nullptr);
  Arguments arguments;
  CLI::App parser("Stores and forwards sealed messages between pqc-chat clients.", "pqc-chat-server");
  parser.require_subcommand(1);
  parser.fallthrough();
  parser.set_version_flag("--version", PQC_VERSION);
  parser
      .add_option("--data", arguments.data,
                  "Folder for database, keys and certificates; default: /var/lib/pqc-chat for root and the service, "
                  "for others ~/.local/share/pqc-chat-server")
      ->type_name("DIR");
  parser.add_option("--config", arguments.config, std::string("Configuration file; default: ") + system_config)
      ->type_name("FILE");

  auto* run = parser.add_subcommand("run", "Serve until SIGTERM or SIGINT");
  run->add_option("--listen", arguments.listen, "Address for clients, as 192.0.2.1:8443; port 0 takes a free one")
      ->type_name("ADDRESS:PORT");
  run->add_option("--name", arguments.name, "The server's name in its accounts, fixed at the first start");
  run->add_flag("--invite-only", arguments.invite_only, "New accounts need an invite");
  run->add_flag("--rendezvous", arguments.rendezvous, "Let people meet by a code, without an account");
  run->add_option("--metrics", arguments.metrics_port, "Loopback port for /metrics; 0 takes a free one")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535));
  run->add_option("--stun", arguments.stun_port, "UDP and TCP port for STUN; 0 takes a free one")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535));
  run->add_option("--log-level", arguments.log_level, "debug, info, warning or error");
  run->add_option("--ready-fd", arguments.ready_fd, "Descriptor that gets the address once it listens")->type_name("N");
  auto* fingerprint = parser.add_subcommand("fingerprint", "Print the fingerprint that clients pin");
  auto* invite = parser.add_subcommand("invite", "Make a token for one registration");
  invite->add_option("--expires", arguments.expires_hours, "Hours for which it is valid")
      ->type_name("HOURS")
      ->check(CLI::Range(1, 24 * 365));
  invite->add_option("--for", arguments.invited, "A reserved name that it opens, and no other: echo")
      ->type_name("NAME")
      ->check(CLI::IsMember({"echo"}).description(""));
  auto* status = parser.add_subcommand("status", "Print what the server holds");
  status->add_flag("--json", arguments.json, "One JSON object");
  auto* backup = parser.add_subcommand("backup", "Write a consistent copy, also while the server runs");
  backup->add_option("FILE", arguments.backup_file, "Where to; must not exist")->required();

  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return parser.exit(error);
    app::complain(what_is_wrong(parser, error));
    return number(ExitCode::usage);
  }
  const auto config = configure(arguments);
  if (!config) return fail(config.error());
  if (run->parsed()) return number(app::run(*config, arguments.ready_fd));
  if (fingerprint->parsed()) return print_fingerprint(*config);
  if (invite->parsed()) return print_invite(*config, arguments.expires_hours, arguments.invited);
  if (status->parsed()) return print_status(*config, arguments.json);
  if (backup->parsed()) return make_backup(*config, arguments.backup_file);
  return number(ExitCode::usage);
}
