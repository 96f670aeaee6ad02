// pqc-chat call, answer, decline, hangup, mute, calls.
#include <algorithm>
#include <csignal>
#include <deque>
#include <filesystem>

#include <unistd.h>

#include "cli/call_view.h"
#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/echo_view.h"
#include "cli/terminal.h"
#include "client/calls/voice_check.h"
#include "client/recording/recording_plan.h"
#include "media/voice/voice_engine.h"

namespace pqc::cli {
namespace {

using client::CallInfo;
using client::CallPhase;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds tick{1};
// How long it is waited for the end after the user asked for it, but for that of a recording.
constexpr seconds farewell{5};
// An echo service answers by itself: one that does not ring in this time is not there.
constexpr seconds echo_patience{12};
// Between two looks at the level meter.
constexpr milliseconds meter_tick{500};

// The process that owns the profile opens it, and that may stand in another folder.
std::string endpoint(const std::string& given) {
  const bool is_file = std::holds_alternative<media::voice::WavFile>(media::voice::parse_endpoint(given));
  return is_file ? std::filesystem::absolute(given).string() : given;
}

}  // namespace

// A file that is to be played has to be there, one that is to be made must not be, before anybody is called.
client::Result<client::CallAudio> audio_of(const AudioOptions& options) {
  client::CallAudio out{.in = endpoint(options.in),
                        .out = endpoint(options.out),
                        .relay_only = options.relay_only,
                        .record = {},
                        .processing = options.processing == "on"};
  if (!options.record.empty()) {
    out.record = std::filesystem::absolute(options.record).string();
    if (auto checked = client::check_recording_path(out.record); !checked) return client::pass(checked);
  }
  const bool is_file = std::holds_alternative<media::voice::WavFile>(media::voice::parse_endpoint(out.in));
  if (is_file && !std::filesystem::exists(out.in)) return client::fail(ExitCode::missing, "there is no file " + out.in);
  return out;
}

namespace {

// Follows calls and prints what becomes of them.
class Watcher {
 public:
  // `one`: of a call whose end this program says itself, where it is an error.
  Watcher(const Context& context, client::Client& client, bool one) : context_(context), client_(client), one_(one) {}
  ~Watcher() { clear_line(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  client::Status start() {
    return client_.follow([this](const client::Event& event) {
      if (const auto* call = std::get_if<CallInfo>(&event)) events_.push_back(*call);
    });
  }

  // Until a call comes that rings here. Nothing when the user wants no more.
  std::optional<CallInfo> wait_for_ring() {
    while (signal_ == 0) {
      client_.loop().run_until([this] { return signal_ != 0 || !events_.empty(); });
      while (!events_.empty()) {
        const auto call = take();
        if (call.phase == CallPhase::rings_here) return call;
      }
    }
    return std::nullopt;
  }

  // The call is a test of sound and network: its levels are shown more often, and who is called is there or is not.
  void expect_echo() {
    is_test_ = true;
    ring_by_ = steady_clock::now() + echo_patience;
  }
  // Whether it was given up because nobody is.
  [[nodiscard]] bool nobody_there() const { return nobody_there_; }

  // Until this call is over. Ctrl-C hangs up. Nothing when its end was not seen.
  std::optional<CallInfo> watch(const std::string& id) {
    FollowedCall followed(id);
    std::optional<steady_clock::time_point> give_up;
    while (!give_up || steady_clock::now() < *give_up || is_written()) {
      client_.loop().run_until([&] { return !events_.empty() || (signal_ != 0 && !give_up); },
                               steady_clock::now() + (is_test_ && !context_.output.json() ? meter_tick : tick));
      while (!events_.empty()) {
        auto call = take();
        if (followed.ends(call)) return call;
      }
      nobody_there_ = nobody_there_ || (calling_ && steady_clock::now() >= ring_by_);
      if ((signal_ != 0 || nobody_there_) && !give_up) {
        (void)client_.call(client::HangUpRequest{});
        give_up = steady_clock::now() + farewell;
      }
      tell_time();
    }
    return std::nullopt;
  }

  void show(const CallInfo& call) {
    clear_line();
    if (context_.output.json()) {
      context_.output.object(call_object(call));
      return;
    }
    // News of what the line does not show is no news to people.
    auto line = call_line(call, SystemClock().now());
    if (line != said_) context_.output.line(line);
    said_ = std::move(line);
  }
  [[nodiscard]] bool interrupted() const { return signal_ != 0; }

 private:
  // Whether a call has ended but for its recording.
  bool is_written() {
    const auto call = client_.call(client::CallStatusRequest{});
    return call && call->phase == CallPhase::over;
  }
  CallInfo take() {
    auto call = std::move(events_.front());
    events_.pop_front();
    active_ = call.phase == CallPhase::active;
    calling_ = call.phase == CallPhase::calling;
    clear_line();
    const bool said_later = one_ && call.phase == CallPhase::over && error_of(call).code != ExitCode::ok;
    if (context_.output.json() || !said_later) show(call);
    return call;
  }

  // The line with time and path, in place of the one before.
  void tell_time() {
    if (!active_ || (!context_.output.json() && !is_terminal_)) return;
    const auto call = client_.call(client::CallStatusRequest{});
    if (!call || call->phase != CallPhase::active) return;
    if (context_.output.json()) {
      context_.output.object(call_object(*call));
      return;
    }
    const auto line = fit(displayable(call_line(*call, SystemClock().now()), ""), terminal_columns() - 1);
    std::fputs((erase_downwards + line + "\r").c_str(), stdout);
    std::fflush(stdout);
    drawn_ = true;
  }
  void clear_line() {
    if (std::exchange(drawn_, false)) std::fputs(erase_downwards, stdout);
  }

  const Context& context_;
  client::Client& client_;
  const bool one_;
  const bool is_terminal_ = ::isatty(STDOUT_FILENO) != 0;
  std::deque<CallInfo> events_;
  bool active_ = false;
  bool calling_ = false;
  bool is_test_ = false;
  bool nobody_there_ = false;
  steady_clock::time_point ring_by_ = steady_clock::time_point::max();
  bool drawn_ = false;
  std::string said_;  // the last whole line
  int signal_ = 0;
  client::Loop::HandlePtr signals_ =
      client_.loop().on_signals({SIGINT, SIGTERM}, [this](int signal) { signal_ = signal; });
};

// Its end, and what it has shown.
ExitCode watch_test(const Context& context, Watcher& watcher, const CallInfo& call) {
  watcher.expect_echo();
  const auto over = watcher.watch(call.id);
  if (!over) return context.fail({ExitCode::timed_out, "the end of the call was not seen"});
  if (watcher.nobody_there() || over->outcome == client::CallOutcome::unreachable)
    return context.fail(no_echo_service(over->peer));
  if (const auto error = error_of(*over); error.code != ExitCode::ok) return context.fail(error);
  if (context.output.json())
    context.output.object(echo_object(*over));
  else
    context.output.line(echo_line(*over));
  const auto error = echo_error(*over);
  return error.code == ExitCode::ok ? ExitCode::ok : context.fail(error);
}

ExitCode watch_to_the_end(const Context& context, Watcher& watcher, const CallInfo& call) {
  const auto over = watcher.watch(call.id);
  if (!over) return context.fail({ExitCode::timed_out, "the end of the call was not seen"});
  const auto error = error_of(*over);
  return error.code == ExitCode::ok ? ExitCode::ok : context.fail(error);
}

// Of the call that another process of this profile carries, or, where this one may take calls, that still rings.
client::Result<CallInfo> ask(const Context& context, const client::CallRequest& request, bool takes_calls) {
  auto opened = context.open(takes_calls);
  if (!opened) return client::pass(opened);
  const Closing closing{**opened};
  return (*opened)->call(request);
}

}  // namespace

ExitCode run(const Context& context, const CallCommand& command) {
  const auto audio = audio_of(command.audio);
  if (!audio) return context.fail(audio.error());
  auto opened = context.open(true);
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  Watcher watcher(context, client, true);
  if (auto started = watcher.start(); !started) return context.fail(started.error());
  const auto call = client.call(client::PlaceCallRequest{.peer = command.peer, .audio = *audio});
  const bool test = is_echo(command.peer);
  if (!call && test && call.error().code == ExitCode::unknown_peer) return context.fail(no_echo_service(command.peer));
  if (!call) return context.fail(call.error());
  return test ? watch_test(context, watcher, *call) : watch_to_the_end(context, watcher, *call);
}

ExitCode run(const Context& context, const AnswerCommand& command) {
  const auto audio = audio_of(command.audio);
  if (!audio) return context.fail(audio.error());
  auto opened = context.open(true);
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  Watcher watcher(context, client, !command.automatically);
  if (auto started = watcher.start(); !started) return context.fail(started.error());
  if (command.automatically && client.owner())
    if (auto checked = client::check_voice_audio(*audio); !checked) return context.fail(checked.error());
  client::AnswerCallRequest request{.audio = *audio};
  if (!command.automatically) {
    const auto call = client.call(request);
    if (!call) return context.fail(call.error());
    return watch_to_the_end(context, watcher, *call);
  }
  while (const auto ring = watcher.wait_for_ring()) {
    request.call = ring->id;
    const auto call = client.call(request);
    if (call)
      (void)watcher.watch(call->id);
    else if (call.error().code != ExitCode::no_call)  // it has ended meanwhile
      return context.fail(call.error());
    // A recording replaces nothing, so there can be only one.
    if (watcher.interrupted() || (!audio->record.empty() && std::filesystem::exists(audio->record))) break;
  }
  return ExitCode::ok;
}

ExitCode run(const Context& context, const HangUpCommand&) {
  const auto call = ask(context, client::HangUpRequest{}, false);
  if (!call) return context.fail(call.error());
  context.output.done("The call is over");
  return ExitCode::ok;
}

ExitCode run(const Context& context, const MuteCommand& command) {
  client::MuteRequest request;
  if (command.how != "toggle") request.on = command.how == "on";
  const auto call = ask(context, request, false);
  if (!call) return context.fail(call.error());
  if (context.output.json())
    context.output.object(call_object(*call));
  else
    context.output.line(call->muted ? "They do not hear you" : "They hear you again");
  return ExitCode::ok;
}

ExitCode decline_call(const Context& context) {
  const auto call = ask(context, client::DeclineCallRequest{}, true);
  if (!call) return context.fail(call.error());
  context.output.done("The call is declined");
  return ExitCode::ok;
}

ExitCode run(const Context& context, const CallsCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const auto calls = (*opened)->calls(command.limit);
  if (!calls) return context.fail(calls.error());
  for (auto at = calls->rbegin(); at != calls->rend(); ++at) {
    if (context.output.json())
      context.output.object(call_record_object(*at));
    else
      context.output.line(call_record_line(*at));
  }
  return ExitCode::ok;
}

}  // namespace pqc::cli
