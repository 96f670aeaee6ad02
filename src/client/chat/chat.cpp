#include "client/chat/chat.h"

namespace pqc::client {
namespace {

constexpr std::size_t history_shown = 20;
constexpr std::string_view help =
    "Type a line and press Enter to send it.\n"
    "/verify      show the safety number; '/verify yes' after you compared it\n"
    "/history N   show the last N messages\n"
    "/help        this\n"
    "/quit        leave (also Ctrl-D)\n"
    "A line that should begin with '/' is written with two.";

}  // namespace

Status Chat::run() {
  if (auto begun = begin(); !begun) return begun;
  interactor_.start({.line = [this](const std::string& line) { on_line(line); }, .end = [this] { done_ = true; }});
  client_.loop().run_until([this] {
    if (std::exchange(news_, false)) show_new();
    return done_;
  });
  return outcome_;
}

Status Chat::begin() {
  auto account = client_.whoami();
  if (!account) return pass(account);
  if (peer_.find('@') == std::string::npos) peer_ += account->name.substr(account->name.find('@'));
  if (auto history = client_.history(peer_, history_shown)) {
    for (const auto& message : *history) interactor_.show(message);
  } else if (history.error().code != ExitCode::unknown_peer) {
    return pass(history);
  }
  show_new();
  interactor_.show("-- chat with " + peer_ + "; /help for help");
  return client_.follow([this](const Event& event) { on_event(event); });
}

void Chat::on_line(const std::string& line) {
  if (line.empty() || done_) return;
  if (line.starts_with("//")) return send(std::string_view(line).substr(1));
  if (line.starts_with('/')) return on_command(line);
  send(line);
}

void Chat::on_command(std::string_view command) {
  if (command == "/quit") {
    done_ = true;
  } else if (command == "/help") {
    interactor_.show(help);
  } else if (command == "/verify" || command == "/verify yes") {
    verify(command.ends_with("yes"));
  } else if (command.starts_with("/history")) {
    const auto limit =
        command.size() > 9 ? std::strtoul(std::string(command.substr(9)).c_str(), nullptr, 10) : history_shown;
    const auto history = client_.history(peer_, limit);
    if (!history) return interactor_.show(history.error().message);
    for (const auto& message : *history) interactor_.show(message);
  } else {
    interactor_.show("There is no command " + std::string(command) + ": /help shows all");
  }
}

void Chat::send(std::string_view text) {
  const auto message = client_.send(peer_, text);
  if (!message) return interactor_.show(message.error().message);
  interactor_.show(*message);
}

void Chat::verify(bool confirmed) {
  if (confirmed) {
    const auto done = client_.set_verified(peer_, true);
    return interactor_.show(done ? peer_ + " is verified" : done.error().message);
  }
  const auto number = client_.safety_number(peer_);
  if (!number) return interactor_.show(number.error().message);
  std::string text = "Safety number with " + peer_ + (number->verified ? " (verified):" : " (not verified):");
  for (std::size_t i = 0; i < number->digits.size(); i += 5)
    text += (i % 20 == 0 ? "\n    " : " ") + number->digits.substr(i, 5);
  interactor_.show(text + "\nCompare it by voice or in person, then: /verify yes");
}

void Chat::on_event(const Event& event) {
  if (const auto* connection = std::get_if<Connection>(&event)) return on_connection(*connection);
  if (std::holds_alternative<Notice>(event)) {
    news_ = true;
    return;
  }
  const auto& message = std::get<Message>(event);
  if (message.direction == Direction::incoming) {
    news_ = true;
  } else if (message.peer == peer_) {
    interactor_.update(message);
  }
}

void Chat::on_connection(const Connection& connection) {
  if (connection.online) {
    if (std::exchange(offline_told_, false)) interactor_.show("-- connected again");
    return;
  }
  if (!connection.failure) return;
  const auto code = connection.failure->code;
  if (code != ExitCode::unreachable && code != ExitCode::timed_out && code != ExitCode::quota) {
    outcome_ = std::unexpected(*connection.failure);
    done_ = true;
  } else if (!std::exchange(offline_told_, true)) {
    interactor_.show("-- " + connection.failure->message + "; what you write is kept and sent later");
  }
}

// Messages of others stay unshown: `receive` or their own chat brings them.
void Chat::show_new() {
  auto inbox = client_.inbox();
  if (!inbox) return interactor_.show(inbox.error().message);
  std::erase_if(inbox->messages, [this](const Message& message) { return message.peer != peer_; });
  for (const auto& notice : inbox->notices) interactor_.show(notice);
  for (const auto& message : inbox->messages) interactor_.show(message);
  if (const auto done = client_.set_shown(*inbox); !done) interactor_.show(done.error().message);
}

}  // namespace pqc::client
