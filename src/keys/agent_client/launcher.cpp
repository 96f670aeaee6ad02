#include "keys/agent_client/launcher.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "keys/agent_protocol/limits.h"

namespace pqc::keys::agent_client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between tries, while another process starts or ends the agent: each twice as long as the one before.
constexpr milliseconds first_pause{2};
constexpr milliseconds longest_pause{64};

std::unexpected<Failure> fail(Error error) {
  return std::unexpected(Failure{.error = error});
}

void set_timeout(int fd, int option, milliseconds timeout) {
  const timeval value{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

// A socket's address has room for 107 bytes; through a descriptor of its folder any path fits.
std::optional<int> connect_in(int folder) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(folder) + "/" + agent_protocol::socket_name;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  set_timeout(fd, SO_SNDTIMEO, agent_protocol::frame_deadline);
  set_timeout(fd, SO_RCVTIMEO, agent_protocol::reply_deadline);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && same_user(fd)) return fd;
  close(fd);
  return std::nullopt;
}

std::optional<int> try_connect(const std::string& path) {
  const int folder = open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return std::nullopt;
  const auto fd = connect_in(folder);
  close(folder);
  return fd;
}

std::string program_beside_us() {
  char path[PATH_MAX];
  const auto size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return "pqc-chat-keyd";
  const std::string own(path, static_cast<std::size_t>(size));
  return own.substr(0, own.rfind('/') + 1) + "pqc-chat-keyd";
}

// Returns once the agent serves, or says why not. The code is unknown where somebody else reaps our children.
std::optional<ExitCode> run_agent(const Location& location) {
  const auto program = location.program.empty() ? program_beside_us() : location.program;
  const char* arguments[] = {"pqc-chat-keyd", "--folder", location.folder.c_str(), nullptr};
  // It needs none, and it lives on: no passphrase from ours, nothing that would make its libraries load other code.
  char* no_environment[] = {nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t child = -1;
  const int failed =
      posix_spawn(&child, program.c_str(), &actions, nullptr, const_cast<char* const*>(arguments), no_environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return ExitCode::missing;
  int status = 0;
  pid_t reaped = -1;
  while ((reaped = waitpid(child, &status, 0)) < 0 && errno == EINTR) {
  }
  if (reaped != child) return std::nullopt;
  return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::unexpected;
}

// Whether to try again: the agent serves, or another holds the lock and is about to serve or to end.
Result<void> started(std::optional<ExitCode> code) {
  if (!code || *code == ExitCode::ok || *code == ExitCode::busy) return {};
  switch (*code) {
    case ExitCode::no_permission:
      return fail(Error::no_permission);
    case ExitCode::disk_full:
      return fail(Error::disk_full);
    default:
      return fail(Error::unavailable);
  }
}

}  // namespace

Result<int> connect_agent(const Location& location) {
  const auto end = Clock::now() + agent_protocol::start_deadline;
  auto pause = first_pause;
  for (;;) {
    if (const auto fd = try_connect(location.folder)) return *fd;
    if (!location.start) return fail(Error::unavailable);
    if (const auto running = started(run_agent(location)); !running) return std::unexpected(running.error());
    if (const auto fd = try_connect(location.folder)) return *fd;
    if (Clock::now() >= end) return fail(Error::busy);
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

}  // namespace pqc::keys::agent_client
