#include "cli/hidden_input.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "client/files.h"

namespace pqc::cli {
namespace {

constexpr std::array caught_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

volatile std::sig_atomic_t caught = 0;

void remember(int signal) {
  caught = signal;
}

// While it lives the signals are only remembered, and only come during ppoll() with outside().
class CaughtSignals {
 public:
  CaughtSignals() {
    caught = 0;
    sigset_t all;
    sigemptyset(&all);
    for (const int signal : caught_signals) sigaddset(&all, signal);
    ::pthread_sigmask(SIG_BLOCK, &all, &outside_);
    struct sigaction action{};
    action.sa_handler = remember;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < caught_signals.size(); ++i) ::sigaction(caught_signals[i], &action, &before_[i]);
  }
  // In this order: a signal that waits comes when everything is as it was.
  ~CaughtSignals() {
    for (std::size_t i = 0; i < caught_signals.size(); ++i) ::sigaction(caught_signals[i], &before_[i], nullptr);
    ::pthread_sigmask(SIG_SETMASK, &outside_, nullptr);
  }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;

  [[nodiscard]] const sigset_t& outside() const { return outside_; }

 private:
  sigset_t outside_{};
  std::array<struct sigaction, caught_signals.size()> before_{};
};

// While it lives the terminal does not show what is typed. What was typed before, and shown, is thrown away.
class HiddenTerminal {
 public:
  explicit HiddenTerminal(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &shown_) != 0) return;
    termios hidden = shown_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    hides_ = ::tcsetattr(terminal_, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTerminal() {
    if (hides_) ::tcsetattr(terminal_, TCSAFLUSH, &shown_);
  }
  HiddenTerminal(const HiddenTerminal&) = delete;
  HiddenTerminal& operator=(const HiddenTerminal&) = delete;

  [[nodiscard]] bool hides() const { return hides_; }

 private:
  int terminal_;
  termios shown_{};
  bool hides_ = false;
};

bool write_text(int terminal, const char* text) {
  return ::write(terminal, text, std::strlen(text)) >= 0;
}

struct Reading {
  std::optional<SecretBytes> line;
  int signal = 0;  // that came instead
};

Reading read_line(int terminal, const sigset_t& outside, std::size_t longest) {
  pollfd readable{terminal, POLLIN, 0};
  while (caught == 0) {
    if (::ppoll(&readable, 1, nullptr, &outside) < 0) {
      if (errno == EINTR) continue;
      return {};
    }
    SecretBytes buffer(longest);
    const auto got = ::read(terminal, buffer.fill().data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    return {.line = SecretBytes(buffer.view().first(static_cast<std::size_t>(got)))};
  }
  return {.line = {}, .signal = caught};
}

Reading ask_once(int terminal, const char* question, std::size_t longest) {
  const CaughtSignals signals;
  const HiddenTerminal hidden(terminal);
  if (!hidden.hides() || !write_text(terminal, question)) return {};
  auto reading = read_line(terminal, signals.outside(), longest);
  (void)write_text(terminal, "\n");
  return reading;
}

}  // namespace

std::optional<SecretBytes> read_hidden(const char* question, std::size_t longest) {
  const client::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return std::nullopt;
  for (;;) {
    auto reading = ask_once(terminal.get(), question, longest);
    if (reading.signal == 0) return std::move(reading.line);
    // Everything is as it was before: what comes back from this was a stop.
    (void)std::raise(reading.signal);
  }
}

}  // namespace pqc::cli
