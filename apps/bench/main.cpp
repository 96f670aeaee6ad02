// pqc-chat-bench: measures a pqc-chat-server as it is shipped (pqc-chat-bench(1), docs/bench.md).
#include <cstdio>
#include <functional>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "commands.h"
#include "process.h"

namespace pqc::bench {
namespace {

// Thousands of sockets: as many open files as we may have.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void add_common(CLI::App& command, CommonOptions& common) {
  auto& server = common.server;
  auto* address = command.add_option("--server", server.address, "HOST:PORT of a server that runs");
  command.add_option("--fingerprint", server.fingerprint, "Its key, as `pqc-chat-server fingerprint` prints it")
      ->needs(address);
  command
      .add_option("--spawn-server", server.spawn,
                  "Program to start as the server, on a free port with a new data folder; its CPU time and memory are "
                  "measured too")
      ->excludes(address);
  command.add_option("--data", server.data, "Data folder of that server; a temporary one if not given");
  command.add_option("--pin-server", server.pin_server, "Core that the started server may use");
  command.add_option("--pin-self", common.pin_self, "Core that this program may use");
  command.add_option("--suite", common.suite, "Suite of the accounts")->capture_default_str();
  command.add_flag("--json", common.json, "Print one JSON object");
}

void add_relay(CLI::App& command, RelayOptions& options) {
  command.add_option("--connections", options.connections, "Connections in all, those beyond the pairs idle")
      ->capture_default_str();
  command.add_option("--senders", options.senders, "Senders, each to a receiver of its own")->capture_default_str();
  command.add_option("--size", options.body_size, "Bytes of a message")->capture_default_str();
  command.add_option("--seconds", options.duration, "Time that is measured, after the warm-up")->capture_default_str();
  command.add_option("--warm-up", options.warm_up, "Seconds before it")->capture_default_str();
  command.add_option("--rate", options.rate, "Messages a second in all; 0: as many as go")->capture_default_str();
  command.add_option("--window", options.window, "Appends of a sender that are on their way")->capture_default_str();
  command.add_option("--batch", options.batch, "Messages in one append")->capture_default_str();
  command.add_flag("--absent", options.absent, "Receivers come when the senders are through");
}

int print(const Outcome& outcome, bool json) {
  if (!outcome) {
    std::fprintf(stderr, "pqc-chat-bench: %s\n", outcome.error().text.c_str());
    return number(outcome.error().code);
  }
  std::printf("%s\n", json ? outcome->json.text().c_str() : outcome->text.c_str());
  return number(outcome->ok ? ExitCode::ok : ExitCode::unexpected);
}

int run(int argc, char** argv) {
  CLI::App app("Measures a pqc-chat server with its durability settings as shipped.", "pqc-chat-bench");
  app.set_version_flag("--version", PQC_VERSION);
  app.require_subcommand(1);
  CommonOptions common;
  RelayOptions relay;
  IdleOptions idle;
  LoginOptions login;
  StartOptions start;
  std::function<Outcome()> chosen;

  auto* command = app.add_subcommand("relay", "Messages a second, their latency, exactly once and in order");
  add_common(*command, common);
  add_relay(*command, relay);
  command->callback([&] { chosen = [&] { return relay_command(common, relay); }; });

  command = app.add_subcommand("idle", "Memory of a server for each idle connection, CPU time for each login");
  add_common(*command, common);
  command->add_option("--connections", idle.connections, "How many")->capture_default_str();
  command->add_flag("!--no-bare-tls", idle.bare_tls, "Do not measure libssl's own share");
  command->callback([&] { chosen = [&] { return idle_command(common, idle); }; });

  command = app.add_subcommand("login", "Time and CPU of a login, with a full handshake and with a ticket");
  add_common(*command, common);
  command->add_option("--count", login.count, "How many of each")->capture_default_str();
  command->add_option("--at-once", login.at_once, "How many side by side")->capture_default_str();
  command->callback([&] { chosen = [&] { return login_command(common, login); }; });

  command = app.add_subcommand("start", "Time from the start of a server until it is ready");
  add_common(*command, common);
  command->add_option("--count", start.count, "How many starts after the first")->capture_default_str();
  command->callback([&] { chosen = [&] { return start_command(common, start); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? number(ExitCode::ok) : number(ExitCode::usage);
  }
  raise_file_limit();
  if (common.pin_self && !pin_to_core(0, *common.pin_self)) {
    std::fprintf(stderr, "pqc-chat-bench: this program may not run on core %u\n", *common.pin_self);
    return number(ExitCode::usage);
  }
  return print(chosen(), common.json);
}

}  // namespace
}  // namespace pqc::bench

int main(int argc, char** argv) {
  return pqc::bench::run(argc, argv);
}
