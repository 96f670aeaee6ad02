#include "cli/console.h"

#include <array>
#include <cerrno>
#include <cstdio>

#include <termios.h>
#include <unistd.h>

#include "cli/call_view.h"
#include "cli/terminal.h"

namespace pqc::cli {

// The terminal without echo and line buffering, put back however the program ends its chat.
class Console::RawMode {
 public:
  static std::unique_ptr<RawMode> enter() {
    termios before{};
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0)
      return nullptr;
    termios raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) return nullptr;
    return std::unique_ptr<RawMode>(new RawMode(before));
  }
  ~RawMode() { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_); }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  explicit RawMode(const termios& before) : before_(before) {}
  termios before_;
};

Console::Console(client::Loop& loop, const Output& output, std::string prompt)
    : loop_(loop), output_(output), editor_(std::move(prompt)) {}

Console::~Console() {
  if (!raw_) return;
  take_away();
  std::fflush(stdout);
}

void Console::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  raw_ = RawMode::enter();
  readable_ = loop_.when_readable(STDIN_FILENO, [this] { on_readable(); });
  draw();
}

void Console::on_readable() {
  std::array<char, 4096> buffer;
  const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    readable_.reset();
    if (!plain_.empty()) handlers_.line(std::exchange(plain_, {}));
    return handlers_.end();
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) feed(buffer[i]);
  redraw();
}

void Console::feed(char byte) {
  if (!raw_) {
    if (byte != '\n')
      plain_.push_back(byte);
    else
      handlers_.line(std::exchange(plain_, {}));
    return;
  }
  switch (editor_.feed(byte)) {
    case LineEditor::Event::none:
      return handlers_.typing();
    case LineEditor::Event::line:
      return handlers_.line(editor_.take_line());
    case LineEditor::Event::end:
      return handlers_.end();
  }
}

// What stands at the bottom, where the cursor is at the start of a free row. The line of a call stands below the one
// that is typed, with the cursor: so it can be taken away however the terminal has broken it into rows.
void Console::draw() {
  if (!raw_) return;
  if (!live_.empty()) std::fputs(("\n" + fit(live_, terminal_columns() - 1) + "\x1b[A").c_str(), stdout);
  redraw();
}

// The line that is typed, in its place.
void Console::redraw() {
  if (!raw_) return;
  std::fputs(editor_.draw(terminal_columns()).c_str(), stdout);
  std::fflush(stdout);
}

void Console::take_away() {
  std::fputs(erase_downwards, stdout);
}

template <class F>
void Console::above_the_line(F&& print) {
  if (raw_) take_away();
  print();
  draw();
}

// What was just typed is on its way: only when it stays behind the user is told.
void Console::show(const client::Message& message) {
  auto shown = message;
  if (!output_.json() && shown.status == client::MessageStatus::queued) shown.status = client::MessageStatus::sent;
  above_the_line([&] { output_.message(shown); });
}

void Console::show(const client::Notice& notice) {
  above_the_line([&] { output_.notice(notice); });
}

void Console::show(std::string_view text) {
  above_the_line([&] {
    if (output_.json())
      output_.object(json_object("info").add("text", text));
    else
      output_.line(displayable(text, ""));
  });
}

// What is kept in view anyway is said once it is over, and who called.
void Console::show_call(const client::CallInfo& call) {
  const bool told = call.phase == client::CallPhase::rings_here || call.phase == client::CallPhase::over;
  if (raw_ && !told) return;
  above_the_line([&] {
    if (output_.json())
      output_.object(call_object(call));
    else
      output_.line(displayable("-- " + chat_call_line(call, SystemClock().now()), ""));
  });
}

void Console::follow_call(const std::optional<client::CallInfo>& call) {
  if (!raw_ || output_.json()) return;
  take_away();
  live_ = call ? displayable(chat_call_line(*call, SystemClock().now()), "") : "";
  draw();
}

// On paper nothing can be changed: only what the reader has to act on is said again.
void Console::update(const client::Message& message) {
  if (output_.json()) return show(message);
  if (message.status == client::MessageStatus::failed)
    show("-- not sent: \"" + message.text.substr(0, 40) + "\": " + message.failure.message);
}

}  // namespace pqc::cli
