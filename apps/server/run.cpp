#include "run.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/locked_arena.h"
#include "base/systemd.h"
#include "server/server.h"

namespace pqc::app {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// To standard error; under systemd its journal adds the time.
void start_log(LogLevel lowest) {
  auto logger = spdlog::stderr_logger_mt("pqc-chat-server");
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  logger->set_pattern(journal ? "%l %v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::debug);
  set_log_sink([logger](LogLevel level, std::string_view line) { logger->log(level_of(level), "{}", line); }, lowest);
}

void report_ready(const server::Server& server, int ready_fd) {
  std::printf("listening %s\nfingerprint %s\nname %s\n", server.address().c_str(), server.fingerprint().c_str(),
              server.name().c_str());
  if (!server.metrics_address().empty()) std::printf("metrics http://%s/metrics\n", server.metrics_address().c_str());
  if (!server.stun_address().empty()) std::printf("stun %s\n", server.stun_address().c_str());
  std::fflush(stdout);
  if (ready_fd >= 0) {
    const auto text = server.listening();
    if (::write(ready_fd, text.data(), text.size()) < 0)
      log(LogLevel::warning, "ready_fd", {{"error", std::strerror(errno)}});
    ::close(ready_fd);
  }
  tell_systemd("READY=1");
}

}  // namespace

void complain(const std::string& text) {
  std::fprintf(stderr, "pqc-chat-server: %s\n", text.c_str());
}

ExitCode run(const Config& config, int ready_fd) {
  start_log(config.log_level);
  forbid_core_dumps();
  boost::asio::io_context context(1);
  auto server = server::Server::start(context, config.server);
  if (!server) {
    complain(server.error().text);
    return server.error().code;
  }
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    tell_systemd("STOPPING=1");
    (*server)->stop([&] { context.stop(); });
  });
  log(LogLevel::info, "started", {{"address", (*server)->address()}, {"name", (*server)->name()}});
  report_ready(**server, ready_fd);
  context.run();
  server->reset();
  log(LogLevel::info, "stopped", {});
  return ExitCode::ok;
}

}  // namespace pqc::app
