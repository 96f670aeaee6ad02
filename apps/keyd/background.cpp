#include "background.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace pqc::keyd {
namespace {

// Longer than any start takes: a child that hangs (on a dead network folder, say) must not hold its caller for ever.
constexpr unsigned patience_seconds = 15;

[[noreturn]] void wait_for_child(int fd) {
  alarm(patience_seconds);
  std::uint8_t code = 0;
  ssize_t n = 0;
  while ((n = read(fd, &code, 1)) < 0 && errno == EINTR) {
  }
  _exit(n == 1 ? code : number(ExitCode::unexpected));
}

void say(int fd, ExitCode code) {
  const auto byte = static_cast<std::uint8_t>(number(code));
  if (write(fd, &byte, 1) != 1) std::exit(number(ExitCode::unexpected));
}

}  // namespace

Background Background::start(bool fork) {
  Background out;
  if (!fork) return out;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::exit(number(ExitCode::unexpected));
  const auto child = ::fork();
  if (child < 0) std::exit(number(ExitCode::unexpected));
  if (child > 0) {
    close(ends[1]);
    wait_for_child(ends[0]);
  }
  close(ends[0]);
  out.parent_ = keys::vault::OwnedFd(ends[1]);
  out.null_ = keys::vault::OwnedFd(open("/dev/null", O_RDWR | O_CLOEXEC));
  setsid();
  return out;
}

void Background::ready() {
  if (!parent_) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup3(null_.get(), fd, 0);
  say(parent_.get(), ExitCode::ok);
  null_.reset();
  parent_.reset();
}

void Background::fail(ExitCode code) {
  if (parent_) say(parent_.get(), code);
  std::exit(number(code));
}

}  // namespace pqc::keyd
