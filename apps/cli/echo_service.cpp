// pqc-chat echo-service: answers every call by itself and sends back what it hears (docs/spec/calls.md §10).
#include <csignal>

#include "cli/commands.h"
#include "cli/delivery.h"
#include "client/calls/voice_call.h"

namespace pqc::cli {
namespace {

using client::CallInfo;
using client::CallOutcome;
using client::CallPhase;

constexpr std::chrono::seconds catch_up_wait{30};

// Who calls is said nowhere. What never began, so as when all lines are taken, is no news.
void report(const Context& context, const CallInfo& call) {
  if (call.phase != CallPhase::over || call.outcome == CallOutcome::missed) return;
  const auto talked = call.since.value > 0 ? std::max<std::int64_t>(0, call.ended.value - call.since.value) / 1000 : 0;
  if (context.output.json())
    context.output.object(json_object("echo").add("outcome", client::name(call.outcome)).add("seconds", talked));
  else
    context.output.line("a call of " + std::to_string(talked) + " s: " + std::string(client::name(call.outcome)));
}

client::Status start(const Context& context, client::Client& client) {
  if (!client.owner())
    return client::fail(ExitCode::busy, "another pqc-chat holds this profile: an echo service needs one of its own");
  if (auto done = client.catch_up(catch_up_wait); !done) return done;
  return client.follow([&context](const client::Event& event) {
    if (const auto* call = std::get_if<CallInfo>(&event)) report(context, *call);
  });
}

}  // namespace

ExitCode run(const Context& context, const EchoServiceCommand& command) {
  auto opened = context.open_for({.make_media = client::make_echo_call,
                                  .timing = {.longest = std::chrono::seconds(command.longest)},
                                  .service = client::CallService{.lines = command.calls}},
                                 false);
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  int stop = 0;
  const auto signals = client.loop().on_signals({SIGINT, SIGTERM}, [&stop](int signal) { stop = signal; });
  if (auto started = start(context, client); !started) return context.fail(started.error());
  const auto account = client.whoami();
  if (!account) return context.fail(account.error());
  context.output.done("The echo service answers as " + account->name);
  client.loop().run_until([&stop] { return stop != 0; });
  return ExitCode::ok;
}

}  // namespace pqc::cli
