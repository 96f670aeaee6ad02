#include "client/keys/keyring_program.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/files.h"

namespace pqc::client {
namespace {

constexpr const char* program_name = "pqc-chat-keyring";
constexpr std::size_t longest_secret = 4096;
// What it takes to find the session's keyring, and to let it ask its user in the user's language. The rest of our
// environment, a passphrase in it above all, is not for a program that loads what the desktop brings.
constexpr std::array passed_variables{"DBUS_SESSION_BUS_ADDRESS",
                                      "XDG_RUNTIME_DIR",
                                      "HOME",
                                      "DISPLAY",
                                      "WAYLAND_DISPLAY",
                                      "XAUTHORITY",
                                      "LANG",
                                      "LANGUAGE",
                                      "LC_ALL",
                                      "LC_CTYPE",
                                      "LC_MESSAGES"};

// docs/exit-codes.md, "pqc-chat-keyring".
constexpr int exit_done = 0;
constexpr int exit_not_found = 1;
constexpr int exit_no_service = 2;

std::string program_beside_us() {
  std::array<char, PATH_MAX> path{};
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string own(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return own.substr(0, own.rfind('/') + 1) + program_name;
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;

  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = FileDescriptor(ends[0]);
    write = FileDescriptor(ends[1]);
    return true;
  }
};

// "NAME=value" each.
std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (const auto* name : passed_variables)
    if (const char* value = std::getenv(name))  // NOLINT(concurrency-mt-unsafe): no thread changes the environment
      out.push_back(std::string(name) + "=" + value);
  return out;
}

pid_t start(const char* command, const std::string& name, const Pipe& input, const Pipe& output) {
  const auto program = program_beside_us();
  const std::array<const char*, 4> arguments{program_name, command, name.c_str(), nullptr};
  auto variables = environment();
  std::vector<char*> pointers;
  for (auto& variable : variables) pointers.push_back(variable.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr,
                                   const_cast<char* const*>(arguments.data()), pointers.data());
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? child : -1;
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

SecretBytes read_all(int fd) {
  SecretBytes buffer(longest_secret);
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto got = ::read(fd, buffer.fill().data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return SecretBytes(buffer.view().first(size));
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

KeyringResult<SecretBytes> run(const char* command, const std::string& name, ByteView secret) {
  Pipe input;
  Pipe output;
  if (!input.open() || !output.open()) return std::unexpected(KeyringOutcome::refused);
  const auto child = start(command, name, input, output);
  if (child < 0) return std::unexpected(KeyringOutcome::missing);
  input.read.reset();
  output.write.reset();
  // A program that ends early leaves a broken pipe; its exit code says why. SIGPIPE is ignored by our programs.
  const bool written = write_all(input.write.get(), secret);
  input.write.reset();
  auto printed = read_all(output.read.get());
  switch (exit_code_of(child)) {
    case exit_done:
      if (!written) return std::unexpected(KeyringOutcome::refused);
      return printed;
    case exit_not_found:
      return std::unexpected(KeyringOutcome::not_found);
    case exit_no_service:
      return std::unexpected(KeyringOutcome::no_service);
    default:
      return std::unexpected(KeyringOutcome::refused);
  }
}

}  // namespace

std::string_view keyring_outcome_name(KeyringOutcome outcome) {
  switch (outcome) {
    case KeyringOutcome::not_found:
      return "not_found";
    case KeyringOutcome::no_service:
      return "no_service";
    case KeyringOutcome::refused:
      return "refused";
    case KeyringOutcome::missing:
      return "missing";
  }
  return "unknown";
}

KeyringResult<SecretBytes> lookup_in_keyring(const std::string& name) {
  return run("lookup", name, {});
}

KeyringResult<void> store_in_keyring(const std::string& name, ByteView secret) {
  return run("store", name, secret).transform([](const SecretBytes&) {});
}

KeyringResult<void> clear_in_keyring(const std::string& name) {
  return run("clear", name, {}).transform([](const SecretBytes&) {});
}

}  // namespace pqc::client
