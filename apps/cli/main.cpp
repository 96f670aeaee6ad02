// pqc-chat: the command-line client.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <google/protobuf/stubs/logging.h>

#include "base/locked_arena.h"
#include "base/log.h"
#include "cli/commands.h"

namespace {

using namespace pqc;
using namespace pqc::cli;

// $PQC_CHAT_LOG=debug|info|warning|error: what happens inside, without secrets, to standard error.
void set_up_log() {
  const char* level = std::getenv("PQC_CHAT_LOG");  // NOLINT(concurrency-mt-unsafe)
  if (level == nullptr) return;
  const std::string_view text(level);
  const auto lowest = text == "debug"     ? LogLevel::debug
                      : text == "warning" ? LogLevel::warning
                      : text == "error"   ? LogLevel::error
                                          : LogLevel::info;
  set_log_sink(
      [](LogLevel, std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
      },
      lowest);
}

int run_program(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return options.error();
  const Output output(options->json);
  const auto config = read_config(options->config.empty() ? default_config : options->config, !options->config.empty());
  if (!config) {
    output.error(config.error());
    return number(config.error().code);
  }
  const Context context{*options, *config, output};
  return number(std::visit([&](const auto& command) { return run(context, command); }, options->command));
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  std::signal(SIGPIPE, SIG_IGN);
  set_up_log();
  // It would write into the terminal what it thinks of a peer's bytes.
  google::protobuf::SetLogHandler(nullptr);
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pqc-chat: %s\n", printable(error.what()).c_str());
    return number(ExitCode::unexpected);
  }
}
