// pqc-chat echo-service: answers every call by itself and sends back what it hears (docs/spec/calls.md §10).
#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "base/systemd.h"
#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/echo_view.h"
#include "client/calls/voice_call.h"

namespace pqc::cli {
namespace {

using client::CallInfo;
using client::CallOutcome;
using client::CallPhase;

constexpr std::chrono::seconds catch_up_wait{30};
// Less than people get: who never connects holds a line meanwhile.
constexpr std::chrono::seconds connecting_wait{8};
// The part of its longest time after which a call gives way to another one.
constexpr int gives_way_part = 6;

// Until it is stopped, or the connection fails in a way that trying again does not mend.
class Service {
 public:
  Service(const Context& context, client::Client& client) : context_(context), client_(client) {}

  client::Status run() {
    const auto signals = client_.loop().on_signals({SIGINT, SIGTERM}, [this](int) { stopped_ = true; });
    if (auto started = start(); !started) return started;
    client_.loop().run_until([this] { return stopped_ || failure_; });
    tell_systemd("STOPPING=1");
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  client::Status start() {
    if (!client_.owner())
      return client::fail(ExitCode::busy, "another pqc-chat holds this profile: an echo service needs one of its own");
    const auto account = client_.whoami();
    if (!account) return std::unexpected(account.error());
    // Before it goes online, where it would take a person's messages and keep none.
    if (!is_echo(account->name))
      return client::fail(ExitCode::usage,
                          "this is the profile of " + account->name +
                              ", whose messages would be lost: an echo service needs an account with the name echo "
                              "(pqc-chat-server invite --for echo)");
    if (auto done = client_.follow([this](const client::Event& event) { on_event(event); }); !done) return done;
    if (auto done = arrive(); !done || stopped_ || failure_) return done;
    context_.output.done("The echo service answers as " + account->name);
    tell_systemd("READY=1");
    return {};
  }

  // Whoever calls from then on is answered.
  client::Status arrive() {
    while (true) {
      auto done = client_.catch_up(catch_up_wait);
      if (done || !retried(done.error().code)) return done;
      client_.loop().run_until([this] { return stopped_ || failure_ || online_; });
      if (stopped_ || failure_) return {};
    }
  }

  void on_event(const client::Event& event) {
    if (const auto* connection = std::get_if<client::Connection>(&event)) on_connection(*connection);
    if (const auto* call = std::get_if<CallInfo>(&event)) report(*call);
  }

  // What ends the service is told by its end.
  void on_connection(const client::Connection& connection) {
    online_ = connection.online;
    if (connection.online) {
      reported_ = false;
    } else if (connection.failure && !retried(connection.failure->code)) {
      failure_ = connection.failure;
    } else if (connection.failure && !std::exchange(reported_, true)) {
      context_.output.note(connection.failure->message + "; trying again");
    }
  }

  // Who calls is said nowhere. What never began, so as when all lines are taken, is no news.
  void report(const CallInfo& call) {
    if (call.phase != CallPhase::over || call.outcome == CallOutcome::missed) return;
    const auto talked =
        call.since.value > 0 ? std::max<std::int64_t>(0, call.ended.value - call.since.value) / 1000 : 0;
    if (context_.output.json())
      context_.output.object(json_object("echo").add("outcome", client::name(call.outcome)).add("seconds", talked));
    else
      context_.output.line("a call of " + std::to_string(talked) + " s: " + std::string(client::name(call.outcome)));
  }

  const Context& context_;
  client::Client& client_;
  bool stopped_ = false;
  bool online_ = false;
  bool reported_ = false;  // that the connection has gone
  std::optional<client::Error> failure_;
};

}  // namespace

ExitCode run(const Context& context, const EchoServiceCommand& command) {
  const std::chrono::milliseconds longest = std::chrono::seconds(command.longest);
  auto opened = context.open_for(
      {.make_media = client::echo_calls(),
       .timing = {.connecting = connecting_wait, .longest = longest, .gives_way = longest / gives_way_part},
       .service = client::CallService{.lines = command.calls}},
      false);
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  if (auto done = Service(context, **opened).run(); !done) return context.fail(done.error());
  return ExitCode::ok;
}

}  // namespace pqc::cli
