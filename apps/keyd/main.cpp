// pqc-chat-keyd: the key agent (docs/spec/agent.md). Options, folder, lock, socket, confinement, then the loop.
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "background.h"
#include "base/exit_code.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "keys/agent/confinement.h"
#include "keys/agent/server.h"
#include "keys/audit/log_file.h"
#include "keys/vault/folder.h"
#include "options.h"

namespace {

using namespace pqc;
using namespace pqc::keys;
using keyd::Background;
using keyd::Mode;
using keyd::Options;

ExitCode exit_code(vault::Error error) {
  switch (error) {
    case vault::Error::busy:
      return ExitCode::busy;
    case vault::Error::no_permission:
      return ExitCode::no_permission;
    case vault::Error::missing:
      return ExitCode::missing;
    case vault::Error::disk_full:
      return ExitCode::disk_full;
    default:
      return ExitCode::unexpected;
  }
}

[[noreturn]] void end(Background& background, const char* what, vault::Error error) {
  std::fprintf(stderr, "pqc-chat-keyd: %s: %s\n", what, std::string(vault::name_of(error)).c_str());
  background.fail(exit_code(error));
}

std::string absolute(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

// Descriptors 0 to 2 exist, whoever started us.
void complete_standard_descriptors() {
  for (int fd = open("/dev/null", O_RDWR); fd >= 0 && fd <= STDERR_FILENO; fd = open("/dev/null", O_RDWR)) {
  }
}

// What is loaded lazily is loaded while the file system is still there: OpenSSL's configuration, its randomness.
void warm_up() {
  (void)crypto::sha256({});
  (void)crypto::SystemRng::instance().bytes<32>();
}

vault::KeyFolder open_folder(Background& background, const std::string& path) {
  auto folder = vault::KeyFolder::open(path);
  if (!folder) end(background, path.c_str(), folder.error());
  return *std::move(folder);
}

const char* name_of(agent::Stop stop) {
  switch (stop) {
    case agent::Stop::signal:
      return "signal";
    case agent::Stop::idle:
      return "idle";
    case agent::Stop::unreachable:
      return "unreachable";
    case agent::Stop::failed:
      break;
  }
  return "failed";
}

int serve(const Options& options) {
  auto background = Background::start(!options.foreground);
  auto folder = open_folder(background, options.folder);
  if (const auto locked = folder.lock(); !locked) end(background, "the folder's lock", locked.error());
  auto listening = agent::listen_in(folder);
  if (!listening) end(background, "the socket", listening.error());
  auto signals = agent::catch_signals();
  warm_up();
  auto measures = agent::confine(folder, absolute(options.folder));
  if (options.require_confinement && !agent::sufficient(measures)) {
    std::fprintf(stderr, "pqc-chat-keyd: not confined: %s\n", agent::missing(measures).c_str());
    background.fail(ExitCode::unexpected);
  }
  if (const auto cleaned = folder.remove(vault::files::vault_new); !cleaned)
    end(background, "vault.new", cleaned.error());

  const SystemClock clock;
  audit::LogFile log(folder.fd(), clock);
  log.add({.kind = audit::Kind::agent_started, .reason = agent::missing(measures)});
  agent::Agent agent({folder, clock, crypto::SystemRng::instance(), log, std::move(measures)});
  agent::Server server(*std::move(listening), std::move(signals), folder, agent, {.idle = options.idle});
  background.ready();
  const auto stop = server.run();
  agent.lock(name_of(stop));
  // An unreachable agent's name may be another's by now.
  if (stop != agent::Stop::unreachable) (void)folder.remove(agent_protocol::socket_name);
  log.add({.kind = audit::Kind::agent_stopped, .reason = name_of(stop)});
  return number(stop == agent::Stop::failed ? ExitCode::unexpected : ExitCode::ok);
}

// Confines itself, tries everything, says what was refused.
int self_test(const Options& options) {
  auto background = Background::start(false);
  auto folder = open_folder(background, options.folder);
  warm_up();
  const auto measures = agent::confine(folder, absolute(options.folder));
  for (const auto& m : measures)
    std::printf("{\"v\":1,\"type\":\"measure\",\"name\":\"%s\",\"holds\":%s,\"detail\":\"%s\"}\n", m.name.c_str(),
                m.holds ? "true" : "false", m.detail.c_str());
  bool all = true;
  for (const auto& attempt : agent::try_everything()) {
    all = all && attempt.refused;
    std::printf("{\"v\":1,\"type\":\"attempt\",\"name\":\"%s\",\"refused\":%s,\"errno\":%d}\n",
                std::string(attempt.name).c_str(), attempt.refused ? "true" : "false", attempt.error);
  }
  return number(all && agent::sufficient(measures) ? ExitCode::ok : ExitCode::unexpected);
}

}  // namespace

int main(int argc, char** argv) {
  complete_standard_descriptors();
  const auto options = keyd::parse_options({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!options) {
    std::fprintf(stderr, "pqc-chat-keyd: %s\n%s", options.error().c_str(), keyd::usage_text.data());
    return number(ExitCode::usage);
  }
  if (options->mode == Mode::help) {
    std::fputs(keyd::usage_text.data(), stdout);
    return number(ExitCode::ok);
  }
  if (options->mode == Mode::version) {
    std::puts("pqc-chat-keyd " PQC_VERSION);
    return number(ExitCode::ok);
  }
  agent::confine_early();
  return options->mode == Mode::self_test ? self_test(*options) : serve(*options);
}
