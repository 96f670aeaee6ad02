// pqc-chat-keyring: keeps the secret of a vault's keyring slot (docs/spec/vault.md §10) in the desktop's keyring.
//
// A process of its own that lives for one command: neither the client nor the key agent links GLib, D-Bus and what they
// load. It knows no vault and no agent; the secret passes through it from or to a pipe.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include "options.h"
#include "secret_service.h"

namespace {

using namespace pqc;
using keyring::Exit;
using keyring::Failure;
using keyring::number;

constexpr std::size_t max_secret_size = 4096;
// For a user who is asked to unlock the keyring.
constexpr unsigned deadline_seconds = 120;

extern "C" void give_up(int) {
  constexpr std::string_view text = "pqc-chat-keyring: the secret service did not answer in time\n";
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(number(Exit::refused));
  _exit(number(Exit::refused));
}

int end(const Failure& failure) {
  std::fprintf(stderr, "pqc-chat-keyring: %s\n", failure.message.c_str());
  return number(failure.exit);
}

keyring::Result<SecretBytes> read_secret() {
  SecretBytes buffer(max_secret_size + 1);
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto n = read(STDIN_FILENO, buffer.fill().data() + size, buffer.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(Failure{Exit::bad_input, "standard input cannot be read"});
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size == 0 || size > max_secret_size)
    return std::unexpected(Failure{Exit::bad_input, "a secret of 1 to 4096 bytes is expected on standard input"});
  return SecretBytes(buffer.view().first(size));
}

keyring::Result<void> write_secret(ByteView secret) {
  while (!secret.empty()) {
    const auto n = write(STDOUT_FILENO, secret.data(), secret.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(Failure{Exit::refused, "standard output cannot be written"});
    secret = secret.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

keyring::Result<void> store(const std::string& profile) {
  const auto secret = read_secret();
  if (!secret) return std::unexpected(secret.error());
  auto service = keyring::SecretService::connect();
  if (!service) return std::unexpected(service.error());
  return service->store(profile, *secret);
}

keyring::Result<void> lookup(const std::string& profile) {
  if (isatty(STDOUT_FILENO) != 0)
    return std::unexpected(Failure{Exit::bad_input, "the secret goes to a pipe, not to a terminal"});
  auto service = keyring::SecretService::connect();
  if (!service) return std::unexpected(service.error());
  const auto secret = service->lookup(profile);
  if (!secret) return std::unexpected(secret.error());
  return write_secret(secret->view());
}

keyring::Result<void> clear(const std::string& profile) {
  auto service = keyring::SecretService::connect();
  if (!service) return std::unexpected(service.error());
  return service->clear(profile);
}

keyring::Result<void> run(const keyring::Options& options) {
  switch (options.command) {
    case keyring::Command::store:
      return store(options.profile);
    case keyring::Command::lookup:
      return lookup(options.profile);
    case keyring::Command::clear:
      return clear(options.profile);
    case keyring::Command::help:
      std::fputs(keyring::usage_text.data(), stdout);
      return {};
    case keyring::Command::version:
      std::puts("pqc-chat-keyring " PQC_VERSION);
      return {};
  }
  return std::unexpected(Failure{Exit::bad_input, "unknown command"});
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  const auto options = keyring::parse_options({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!options) {
    std::fprintf(stderr, "pqc-chat-keyring: %s\n%s", options.error().c_str(), keyring::usage_text.data());
    return number(Exit::bad_input);
  }
  std::signal(SIGALRM, give_up);
  alarm(deadline_seconds);
  const auto done = run(*options);
  return done ? number(Exit::done) : end(done.error());
}
