#include "client/chat/chat.h"

#include <algorithm>

#include "client/limits.h"
#include "client/messages/duration.h"

namespace pqc::client {
namespace {

constexpr std::size_t history_shown = 20;
constexpr std::string_view help =
    "Type a line and press Enter to send it.\n"
    "/verify      show the safety number; '/verify yes' after you compared it\n"
    "/history N   show the last N messages\n"
    "/search W    show the messages that have these words\n"
    "/reply TEXT  answer their last message\n"
    "/react EMOJI react to their last message; '/react' alone takes it back\n"
    "/edit TEXT   put this in place of your last message\n"
    "/unsend      take your last message back, for both\n"
    "/disappear T messages disappear T after they were read (30s, 1h, 7d; off)\n"
    "/call        call them; '/hangup' ends the call, '/mute' mutes your side or ends that\n"
    "/answer      answer the call that rings; '/decline' declines it\n"
    "             both take --record FILE, --audio-in, --audio-out, --relay-only and --voice-processing as\n"
    "             'pqc-chat call' does\n"
    "/status      how messages travel: direct, or through the server\n"
    "/block       block them; '/unblock' ends it\n"
    "/help        this\n"
    "/quit        leave (also Ctrl-D)\n"
    "A line that should begin with '/' is written with two.";

}  // namespace

Status Chat::run() {
  if (auto begun = begin(); !begun) return begun;
  interactor_.start({.line = [this](const std::string& line) { on_line(line); },
                     .end = [this] { done_ = true; },
                     .typing = [this] { on_typing(); }});
  client_.loop().run_until([this] {
    if (std::exchange(news_, false)) show_new();
    calls_.refresh();
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
  if (auto following = client_.follow([this](const Event& event) { on_event(event); }); !following) return following;
  calls_.begin();
  return {};
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
    const auto space = command.find(' ');
    const auto rest = space == std::string_view::npos ? std::string_view() : command.substr(space + 1);
    const auto word = command.substr(0, space);
    if (!calls_.on_command(word, rest, peer_) && !on_change(word, rest))
      interactor_.show("There is no command " + std::string(command) + ": /help shows all");
  }
}

bool Chat::on_change(std::string_view word, std::string_view rest) {
  if (word == "/status") {
    status();
  } else if (word == "/search") {
    search(rest);
  } else if (word == "/reply") {
    send_about_last(MessageKind::text, Direction::incoming, rest);
  } else if (word == "/react") {
    send_about_last(MessageKind::reaction, Direction::incoming, rest);
  } else if (word == "/edit") {
    send_about_last(MessageKind::edit, Direction::outgoing, rest);
  } else if (word == "/unsend") {
    send_about_last(MessageKind::unsend, Direction::outgoing, {});
  } else if (word == "/disappear") {
    disappear(rest);
  } else if (word == "/block" || word == "/unblock") {
    const auto done = client_.change(SetBlocked{.peer = peer_, .blocked = word == "/block"});
    interactor_.show(done ? peer_ + (word == "/block" ? " is blocked" : " is not blocked any more")
                          : done.error().message);
  } else {
    return false;
  }
  return true;
}

void Chat::send(Draft draft) {
  draft.peer = peer_;
  const auto message = client_.send(std::move(draft));
  if (!message) return interactor_.show(message.error().message);
  interactor_.show(*message);
}

std::optional<Message> Chat::last(Direction direction) {
  const auto history = client_.history(peer_, limits::history_rows);
  if (!history) return std::nullopt;
  for (auto at = history->rbegin(); at != history->rend(); ++at)
    if (at->direction == direction && at->kind == MessageKind::text && !at->unsent) return *at;
  return std::nullopt;
}

void Chat::send_about_last(MessageKind kind, Direction direction, std::string_view text) {
  const auto target = last(direction);
  if (!target) return interactor_.show("There is no message for that");
  Draft draft;
  draft.kind = kind;
  draft.target = to_text(target->id);
  draft.text = text;
  send(std::move(draft));
}

void Chat::search(std::string_view words) {
  const auto found = client_.find(
      {.peer = peer_, .words = std::string(words), .since = {}, .before = {}, .after = {}, .limit = history_shown});
  if (!found) return interactor_.show(found.error().message);
  if (found->empty()) interactor_.show("Nothing was found");
  for (const auto& message : *found) interactor_.show(message);
}

void Chat::disappear(std::string_view after) {
  const auto seconds = parse_duration(after);
  if (!seconds) return interactor_.show("Say how long: /disappear 30s, 10m, 12h, 7d, 4w or off");
  Draft draft;
  draft.kind = MessageKind::timer;
  draft.seconds = *seconds;
  send(std::move(draft));
}

// The facade sends it only where the user switched that on, and not too often.
void Chat::on_typing() {
  const auto now = std::chrono::steady_clock::now();
  if (now - typing_told_ < limits::typing_interval) return;
  typing_told_ = now;
  (void)client_.change(SetTyping{.peer = peer_, .active = true});
}

void Chat::status() {
  const auto contacts = client_.contacts();
  if (!contacts) return interactor_.show(contacts.error().message);
  const auto found = std::ranges::find(*contacts, peer_, &Contact::peer);
  if (found == contacts->end()) return interactor_.show("Nothing was exchanged with " + peer_ + " yet");
  std::string text = "path: ";
  text += found->direct ? "direct, without the server" : "relay, through the server";
  if (!found->suite.empty()) text += "; suite " + found->suite + " (" + found->level + ")";
  interactor_.show(text + (found->verified ? "; verified" : "; not verified"));
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
  if (const auto* typing = std::get_if<TypingState>(&event)) {
    if (typing->peer == peer_ && typing->active) interactor_.show("-- " + peer_ + " is writing");
    return;
  }
  if (const auto* call = std::get_if<CallInfo>(&event)) return calls_.on_event(*call);
  if (const auto* path = std::get_if<PathState>(&event)) {
    if (path->peer != peer_) return;
    return interactor_.show(path->direct ? "-- direct from now on, without the server" : "-- through the server again");
  }
  const auto* message = std::get_if<Message>(&event);
  if (message == nullptr) return;
  if (message->direction == Direction::incoming) {
    news_ = true;
  } else if (message->peer == peer_) {
    interactor_.update(*message);
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
