#include "client/attachments/preview.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "client/files.h"
#include "client/limits.h"
#include "client/messages/content.h"

namespace pqc::client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* program_name = "pqc-chat-preview";

std::string program_beside_us() {
  std::array<char, PATH_MAX> path{};
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string own(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return own.substr(0, own.rfind('/') + 1) + program_name;
}

// By its first bytes; nothing more is looked at here.
bool may_be_picture(int file) {
  std::array<std::uint8_t, 4> start{};
  if (::pread(file, start.data(), start.size(), 0) != static_cast<ssize_t>(start.size())) return false;
  constexpr std::array<std::uint8_t, 4> png{0x89, 'P', 'N', 'G'};
  constexpr std::array<std::uint8_t, 3> jpeg{0xFF, 0xD8, 0xFF};
  return start == png || std::equal(jpeg.begin(), jpeg.end(), start.begin());
}

FileDescriptor open_picture(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  const bool worth_it = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
                        static_cast<std::uint64_t>(status.st_size) <= limits::previewed_bytes;
  return worth_it && may_be_picture(file.get()) ? std::move(file) : FileDescriptor();
}

pid_t start(int input, int output) {
  const auto program = program_beside_us();
  const std::array<const char*, 2> arguments{program_name, nullptr};
  std::array<char*, 1> no_environment{nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr,
                                   const_cast<char* const*>(arguments.data()), no_environment.data());
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? child : -1;
}

// All that is printed until the end; nothing when that takes too long or is too much.
std::optional<Bytes> read_all(int pipe) {
  const auto deadline = Clock::now() + limits::preview_wait;
  Bytes out(limits::preview_bytes + 1);
  std::size_t size = 0;
  while (size < out.size()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
    const auto polled = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return std::nullopt;
    const auto got = ::read(pipe, out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) {
      out.resize(size);
      return out;
    }
    size += static_cast<std::size_t>(got);
  }
  return std::nullopt;
}

// Whether it ended well by itself.
bool ended_well(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Bytes make_preview(const std::string& path) {
  const auto picture = open_picture(path);
  if (!picture) return {};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const FileDescriptor read(ends[0]);
  FileDescriptor write(ends[1]);
  const auto child = start(picture.get(), write.get());
  if (child < 0) {
    log(LogLevel::warning, "preview.program_missing");
    return {};
  }
  write.reset();
  auto made = read_all(read.get());
  if (!made) ::kill(child, SIGKILL);
  if (!ended_well(child) || !made || !is_preview(*made)) return {};
  return std::move(*made);
}

}  // namespace pqc::client
