// pqc-chat receive: what came in since the last time, and what comes.
#include <csignal>
#include <set>

#include "cli/call_view.h"
#include "cli/commands.h"
#include "cli/delivery.h"

namespace pqc::cli {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds catch_up_wait{30};

// Prints what was not shown yet. It is marked only after it was printed: a crash in between shows it again, never not.
client::Result<std::size_t> print_new(client::Client& client, const Output& output) {
  std::size_t printed = 0;
  for (;;) {
    auto inbox = client.inbox();
    if (!inbox) return client::pass(inbox);
    for (const auto& notice : inbox->notices)
      if (!output.notice(notice)) return client::fail(ExitCode::unexpected, "standard output was closed");
    for (const auto& message : inbox->messages)
      if (!output.message(message)) return client::fail(ExitCode::unexpected, "standard output was closed");
    if (auto done = client.set_shown(*inbox); !done) return client::pass(done);
    // One answer holds as many as fit.
    if (inbox->messages.empty()) return printed;
    printed += inbox->messages.size();
  }
}

class Reader {
 public:
  Reader(const Context& context, client::Client& client, bool silent = false)
      : context_(context), client_(client), silent_(silent) {}

  // Until interrupted, or until `enough` says so.
  ExitCode follow(bool one_is_enough, std::optional<steady_clock::time_point> deadline) {
    const auto signals = client_.loop().on_signals({SIGINT, SIGTERM}, [this](int signal) { signal_ = signal; });
    if (auto done = client_.follow([this](const client::Event& event) { on_event(event); }); !done)
      return context_.fail(done.error());
    print();
    const auto finished = [&] {
      if (news_) print();
      return signal_ != 0 || error_ || (one_is_enough && printed_ > 0);
    };
    client_.loop().run_until(finished, deadline);
    if (error_) return context_.fail(*error_);
    // To be stopped is how --follow ends.
    return signal_ == SIGINT && one_is_enough ? ExitCode::interrupted : ExitCode::ok;
  }

 private:
  void on_event(const client::Event& event) {
    if (const auto* connection = std::get_if<client::Connection>(&event)) return on_connection(*connection);
    if (const auto* call = std::get_if<client::CallInfo>(&event)) return on_call(*call);
    const auto* message = std::get_if<client::Message>(&event);
    if (message == nullptr || message->direction == client::Direction::incoming) news_ = true;
  }

  // Where another process owns the profile, that one tells.
  void on_call(const client::CallInfo& call) {
    if (silent_ || !client_.owner()) return;
    if (call.phase == client::CallPhase::rings_here) {
      if (rings_.insert(call.id).second) context_.output.note(ringing_line(call));
    } else if (call.phase == client::CallPhase::over && rings_.erase(call.id) != 0) {
      context_.output.note(call_line(call, SystemClock().now()));
    }
  }

  void on_connection(const client::Connection& connection) {
    if (connection.online) {
      reported_ = false;
      return;
    }
    if (!connection.failure) return;
    if (!retried(connection.failure->code)) {
      error_ = connection.failure;
    } else if (!std::exchange(reported_, true)) {
      context_.output.note(connection.failure->message + "; trying again");
    }
  }

  void print() {
    news_ = false;
    if (silent_) return;
    auto printed = print_new(client_, context_.output);
    if (!printed)
      error_ = printed.error();
    else
      printed_ += *printed;
  }

  const Context& context_;
  client::Client& client_;
  const bool silent_;  // stays connected, marks nothing as shown
  bool news_ = false;
  bool reported_ = false;
  std::set<std::string> rings_;  // calls that were told of, until it is told what became of them
  int signal_ = 0;
  std::size_t printed_ = 0;
  std::optional<client::Error> error_;
};

}  // namespace

ExitCode run(const Context& context, const ReceiveCommand& command) {
  auto opened = context.open(command.follow);
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  if (command.follow) return Reader(context, client, command.keep).follow(false, std::nullopt);

  const auto begin = steady_clock::now();
  const auto caught_up = client.catch_up(catch_up_wait);
  // What is here already is printed even when the server cannot be reached.
  auto printed = print_new(client, context.output);
  if (!printed) return context.fail(printed.error());
  const bool wait = command.wait && *printed == 0;
  if (!caught_up && !(wait && caught_up.error().code == ExitCode::unreachable)) return context.fail(caught_up.error());
  if (!wait) return ExitCode::ok;
  return Reader(context, client).follow(true, begin + seconds(*command.wait));
}

}  // namespace pqc::cli
