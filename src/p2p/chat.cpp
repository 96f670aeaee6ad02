#include "p2p/chat.h"

#include <algorithm>

#include "base/log.h"
#include "client/messages/content.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"

namespace pqc::p2p {
namespace {

using client::Direction;
using client::Error;
using client::Message;
using client::MessageStatus;
using client::Status;
using std::chrono::steady_clock;

constexpr std::string_view help =
    "Type a line and press Enter to send it.\n"
    "/verify      show what both of you compare; '/verify yes' after you did\n"
    "/status      path, round trip, encryption\n"
    "/send PATH   offer a file\n"
    "/accept      take the file that is offered, into this folder; or '/accept PATH'\n"
    "/decline     do not take it, or no more of it\n"
    "/cancel      send no more of a file\n"
    "/help        this\n"
    "/quit        leave (also Ctrl-D)\n"
    "A line that should begin with '/' is written with two.";

std::string from(const Address& address) {
  return address.host.empty() ? "" : " from " + to_text(address);
}

}  // namespace

// A channel with the time that its handshake may take.
struct Chat::Pending {
  Channel channel;
  client::Loop::HandlePtr deadline;
  bool given_up = false;
};

Chat::Chat(client::Loop& loop, client::Interactor& interactor, Settings settings)
    : loop_(loop),
      interactor_(interactor),
      settings_(std::move(settings)),
      files_(settings_.party.rng, {.send = [this](const Content& content) { current_->channel.send(content); },
                                   .room = [this] { return !done_ && current_->channel.room(); },
                                   .show = [this](const FileStatus& status) { settings_.show_file(status); }}) {}
Chat::~Chat() = default;

client::Result<Address> Chat::listen(Transport& transport, const Address& address) {
  return transport.listen(address, listening());
}

std::function<void(LinkPtr)> Chat::listening() {
  listening_ = true;
  return [this](LinkPtr link) { take_link(std::move(link), Role::responder); };
}

void Chat::connect(Transport& transport, const Address& address) {
  transport.connect(address, connecting());
}

std::function<void(client::Result<LinkPtr>)> Chat::connecting() {
  return [this](client::Result<LinkPtr> link) {
    if (!link) return finish(client::pass(link));
    take_link(std::move(*link), Role::initiator);
  };
}

void Chat::ask(std::function<Status(const std::string&)> take) {
  asking_ = std::move(take);
  start_interactor();
}

void Chat::abandon(Error why) {
  if (current_ == nullptr) finish(std::unexpected(std::move(why)));
}

void Chat::start_interactor() {
  if (std::exchange(interacting_, true)) return;
  interactor_.start(
      {.line = [this](const std::string& line) { on_line(line); }, .end = [this] { leave(); }, .typing = [] {}});
}

Status Chat::run() {
  loop_.run_until([this] { return done_; });
  return outcome_;
}

void Chat::end() {
  if (current_ == nullptr) return finish({});
  leave();
}

void Chat::take_link(LinkPtr link, Role role) {
  if (current_ != nullptr || done_) return;
  make_room();
  Hello hello{.role = role,
              .encryption = settings_.encryption.code,
              .minimum_level = settings_.party.minimum_level,
              .nonce = settings_.party.rng.bytes<32>(),
              .name = settings_.party.name,
              .record = {},
              .key = {}};
  auto& pending = *channels_.emplace_back(std::make_unique<Pending>(
      Channel(std::move(link), settings_.make_encryptor(), std::move(hello)), nullptr, false));
  pending.deadline = loop_.after(limits::handshake_time, [this, &pending] {
    on_closed(pending, {ExitCode::timed_out, "the other side did not finish its handshake"});
  });
  pending.channel.start({.open = [this, &pending] { on_open(pending); },
                         // Another one's handshake may end before sweep() comes: nothing of it is the chat's.
                         .content =
                             [this, &pending](const Content& content) {
                               if (&pending == current_) on_content(content);
                             },
                         .drained =
                             [this, &pending] {
                               if (&pending == current_) files_.pump();
                             },
                         .closed = [this, &pending](Error why) { on_closed(pending, std::move(why)); }});
}

// THREATS 22: of the address with most handshakes under way the oldest is given up for a new one.
void Chat::make_room() {
  std::map<std::string, std::vector<Pending*>> by_address;
  std::size_t all = 0;
  for (const auto& channel : channels_) {
    if (channel->given_up) continue;
    by_address[channel->channel.link().remote().host].push_back(channel.get());
    ++all;
  }
  if (all < limits::handshakes) return;
  const auto most = std::ranges::max_element(by_address, {}, [](const auto& of) { return of.second.size(); });
  on_closed(*most->second.front(), {ExitCode::quota, "too many at once"});
}

void Chat::on_open(Pending& pending) {
  if (current_ != nullptr || pending.given_up) return;
  pending.deadline.reset();
  const auto& identity = pending.channel.peer().identity;
  if (!expected_.empty() && identity != expected_)
    return on_closed(pending, {ExitCode::refused, "the other side is not the one who is awaited"});
  if (!identity.empty()) {
    const auto known = settings_.peers.meet(pending.channel.peer());
    if (!known) return on_closed(pending, known.error());
    verified_ = known->verified;
  }
  current_ = &pending;
  heard_ = steady_clock::now();
  settings_.show_status(status());
  keep_alive_ = loop_.after(limits::ping_interval, [this] { keep_alive(); });
  loop_.post([this] { sweep(); });
  start_interactor();
  for (const auto& line : std::exchange(early_, {})) on_line(line);
  if (ended_early_) leave();
}

// Who listens goes on listening when a stranger's handshake fails, and who connects may know another way.
bool Chat::goes_on(const Pending& failed) const {
  return listening_ || (otherwise_ && otherwise_(failed.channel.link().remote()));
}

void Chat::on_closed(Pending& pending, Error why) {
  if (std::exchange(pending.given_up, true)) return;
  if (current_ == nullptr && (done_ || !goes_on(pending))) return finish(std::unexpected(std::move(why)));
  if (current_ == &pending) return finish(said_goodbye_ ? Status() : std::unexpected(std::move(why)));
  if (current_ == nullptr) show_given_up(pending, why);
  loop_.post([this, gone = &pending] {
    std::erase_if(channels_, [gone](const auto& channel) { return channel.get() == gone; });
  });
}

// Not as often as strangers wish (THREATS 22).
void Chat::show_given_up(const Pending& pending, const Error& why) {
  if (given_up_ > limits::given_up_shown) return;
  if (given_up_++ == limits::given_up_shown) return interactor_.show("-- more connections were given up");
  interactor_.show("-- a connection" + from(pending.channel.link().remote()) + " was given up: " + why.message);
}

// All connections but the chat's own.
void Chat::sweep() {
  std::erase_if(channels_, [this](const auto& channel) { return channel.get() != current_; });
}

void Chat::on_content(const Content& content) {
  if (current_ == nullptr || done_) return;
  heard_ = steady_clock::now();
  if (const auto* text = std::get_if<Text>(&content)) return on_text(*text);
  if (const auto* done = std::get_if<Acknowledgement>(&content)) return on_acknowledged(done->id);
  if (const auto* ping = std::get_if<Ping>(&content)) return current_->channel.send(Pong{ping->number});
  if (const auto* pong = std::get_if<Pong>(&content)) return on_pong(pong->number);
  if (on_file(content)) return;
  if (std::holds_alternative<Goodbye>(content)) {
    interactor_.show("-- " + current_->channel.peer().name + " has left");
    finish({});
  }
}

bool Chat::on_file(const Content& content) {
  Status done;
  if (const auto* offer = std::get_if<FileOffer>(&content))
    done = files_.take(*offer);
  else if (const auto* answer = std::get_if<FileAnswer>(&content))
    done = files_.take(*answer);
  else if (const auto* chunk = std::get_if<FileChunk>(&content))
    done = files_.take(*chunk);
  else if (const auto* end = std::get_if<FileEnd>(&content))
    done = files_.take(*end);
  else
    return false;
  if (!done) finish(std::move(done));
  leave_if_done();
  return true;
}

void Chat::on_text(const Text& text) {
  interactor_.show(message(Direction::incoming, text));
  current_->channel.send(Acknowledgement{text.id});
}

void Chat::on_acknowledged(const client::MessageId& id) {
  if (files_.take(Acknowledgement{id})) return leave_if_done();
  const auto found = std::ranges::find(unacknowledged_, id, &Message::id);
  if (found == unacknowledged_.end()) return;
  auto delivered = *found;
  unacknowledged_.erase(found);
  delivered.status = MessageStatus::delivered;
  interactor_.update(delivered);
  leave_if_done();
}

void Chat::leave_if_done() {
  if (leaving_ && unacknowledged_.empty() && !files_.sending()) say_goodbye();
}

Message Chat::message(Direction direction, const Text& text) const {
  const auto& peer = current_->channel.peer();
  Message out;
  out.id = text.id;
  out.peer = peer.name;
  out.direction = direction;
  out.device = p2p_device.value;
  out.sent_at = text.sent_at;
  out.stored_at = settings_.party.clock.now();
  out.text = text.text;
  out.suite = peer.suite.empty() ? std::string(settings_.encryption.label) : peer.suite;
  out.verified = verified_;
  out.status = direction == Direction::incoming ? MessageStatus::received : MessageStatus::sent;
  return out;
}

// Before the chat is open: what was asked for, then what a pipe brings already.
void Chat::on_early_line(const std::string& line) {
  if (!asking_) {
    if (early_.size() < limits::early_lines) return early_.push_back(line);
    return finish(client::fail(ExitCode::quota, "too many lines before the chat was open"));
  }
  if (const auto taken = asking_(line); !taken) return interactor_.show(taken.error().message);
  asking_ = nullptr;
}

void Chat::on_line(const std::string& line) {
  if (current_ == nullptr && !done_ && !line.empty()) return on_early_line(line);
  if (line.empty() || leaving_ || done_) return;
  if (line.starts_with("//")) return send_text(std::string_view(line).substr(1));
  if (line.starts_with('/')) return on_command(line);
  send_text(line);
}

void Chat::on_command(const std::string& command) {
  if (command == "/quit") return leave();
  if (on_file_command(command)) return;
  if (command == "/help") return interactor_.show(help);
  if (command == "/verify" || command == "/verify yes") return verify(command.ends_with("yes"));
  if (command == "/status") {
    status_asked_ = true;
    return ping();
  }
  interactor_.show("There is no command " + command + ": /help shows all");
}

bool Chat::on_file_command(const std::string& command) {
  const auto blank = command.find(' ');
  const auto verb = command.substr(0, blank);
  const auto path = blank == std::string::npos ? std::string() : command.substr(blank + 1);
  Status done;
  if (verb == "/send" && !path.empty())
    done = files_.offer(path);
  else if (verb == "/accept")
    done = files_.accept(path);
  else if (command == "/decline")
    done = files_.decline();
  else if (command == "/cancel")
    done = files_.cancel();
  else
    return false;
  if (!done) interactor_.show(done.error().message);
  return true;
}

void Chat::send_text(std::string_view text) {
  if (const auto checked = client::check_text(text); !checked) return interactor_.show(checked.error().message);
  if (unacknowledged_.size() >= limits::unacknowledged)
    return interactor_.show("-- not sent: the other side does not confirm what it gets");
  const Text content{settings_.party.rng.bytes<16>(), settings_.party.clock.now(), std::string(text)};
  unacknowledged_.push_back(message(Direction::outgoing, content));
  interactor_.show(unacknowledged_.back());
  current_->channel.send(content);
}

void Chat::verify(bool confirmed) {
  const auto& peer = current_->channel.peer();
  if (peer.comparable.empty()) return interactor_.show("There is nothing to compare: this chat is not encrypted");
  if (!confirmed) {
    settings_.show_status(status());
    return interactor_.show("Compare it by voice or in person, then: /verify yes");
  }
  // Without an authenticated identity the comparison holds for this connection only.
  if (!peer.identity.empty())
    if (const auto set = settings_.peers.set_verified(peer.name, peer.identity); !set)
      return interactor_.show(set.error().message);
  verified_ = true;
  interactor_.show(peer.name + (peer.identity.empty() ? " is verified until this chat ends" : " is verified"));
}

void Chat::ping() {
  pinged_ = steady_clock::now();
  current_->channel.send(Ping{++ping_number_});
}

void Chat::on_pong(std::uint64_t number) {
  if (number != ping_number_) return;
  round_trip_ = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - pinged_);
  if (std::exchange(status_asked_, false)) settings_.show_status(status());
}

void Chat::keep_alive() {
  const auto silent = steady_clock::now() - heard_;
  if (silent > limits::silence)
    return finish(client::fail(ExitCode::timed_out, "nothing came from the other side for a minute: it is gone"));
  if (silent >= limits::ping_interval) ping();
  keep_alive_ = loop_.after(limits::ping_interval, [this] { keep_alive(); });
}

LinkStatus Chat::status() const {
  const auto& channel = current_->channel;
  return {.peer = channel.peer(),
          .verified = verified_,
          .transport = std::string(settings_.transport),
          .local = channel.link().local(),
          .remote = channel.link().remote(),
          .path = channel.link().path(),
          .relay = channel.link().relay(),
          .security = channel.link().security(),
          .encryption = std::string(settings_.encryption.label),
          .quantum_safe = settings_.encryption.quantum_safe && channel.peer().level == "QUANTUM_RESISTANT",
          .round_trip = round_trip_};
}

// What was sent is waited for, then the other side is told, and closes.
void Chat::leave() {
  if (leaving_ || done_) return;
  if (current_ == nullptr) {
    if (asking_)
      return finish(client::fail(ExitCode::missing, "the input ended before what is needed to meet was given"));
    // A pipe ends once, and what it brought is still said; a person who insists does not want to wait.
    if (std::exchange(ended_early_, true)) finish({});
    return;
  }
  leaving_ = true;
  leave_if_done();
  if (!said_goodbye_) wait_to_leave(0);
}

// As long as our file goes on.
void Chat::wait_to_leave(std::uint64_t sent_before) {
  leaving_timer_ = loop_.after(limits::drain_time, [this, sent_before] {
    const auto sent = files_.sent();
    sent > sent_before ? wait_to_leave(sent) : say_goodbye();
  });
}

void Chat::say_goodbye() {
  if (done_ || std::exchange(said_goodbye_, true)) return;
  current_->channel.send(Goodbye{});
  leaving_timer_ = loop_.after(limits::goodbye_time, [this] { finish({}); });
}

void Chat::finish(Status outcome) {
  if (std::exchange(done_, true)) return;
  const bool file_lost = files_.sending();
  files_.end();
  for (auto& lost : unacknowledged_) {
    lost.status = MessageStatus::failed;
    lost.failure = {ExitCode::not_delivered, "the chat ended before the other side confirmed it"};
    interactor_.update(lost);
  }
  outcome_ = std::move(outcome);
  if (outcome_ && (file_lost || !unacknowledged_.empty()))
    outcome_ = client::fail(ExitCode::not_delivered, "the chat ended before the other side confirmed everything");
  // Wakes the loop, which then asks whether all is done.
  loop_.post([] {});
}

}  // namespace pqc::p2p
