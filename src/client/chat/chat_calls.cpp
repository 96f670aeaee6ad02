#include "client/chat/chat_calls.h"

#include "client/limits.h"

namespace pqc::client {
namespace {

bool goes_on(const CallInfo& call) {
  return call.phase != CallPhase::none && call.phase != CallPhase::over;
}

// In more than how well they hear each other.
bool differ(const CallInfo& a, const CallInfo& b) {
  return a.id != b.id || a.phase != b.phase || a.muted != b.muted || a.quality.recording != b.quality.recording ||
         a.quality.recorded != b.quality.recorded;
}

}  // namespace

void ChatCalls::begin() {
  const auto call = client_.call(CallStatusRequest{});
  if (call && goes_on(*call)) on_event(*call);
}

bool ChatCalls::on_command(std::string_view word, std::string_view rest, const std::string& peer) {
  if (word == "/mute") {
    mute(rest);
    return true;
  }
  if (word == "/call")
    place(rest, peer);
  else if (word == "/answer")
    answer(rest);
  else if (word == "/decline" && rest.empty())
    decline();
  else if (word == "/hangup" && rest.empty())
    perform(HangUpRequest{});
  else
    return false;
  return true;
}

void ChatCalls::place(std::string_view options, const std::string& peer) {
  // One that was hung up is shown until its end is told, which waits for its recording; it keeps none from beginning.
  const auto known = client_.call(CallStatusRequest{}).value_or(shown_);
  if (known.phase == CallPhase::rings_here) return interactor_.show("Somebody calls: /answer or /decline first");
  if (goes_on(known)) return interactor_.show("There is a call already: /hangup first");
  const auto audio = read_audio_(options);
  if (!audio) return interactor_.show(audio.error().message);
  perform(PlaceCallRequest{.peer = peer, .audio = *audio});
}

void ChatCalls::answer(std::string_view options) {
  if (!rings()) return;
  const auto audio = read_audio_(options);
  if (!audio) return interactor_.show(audio.error().message);
  perform(AnswerCallRequest{.audio = *audio, .call = shown_.id});
}

void ChatCalls::decline() {
  if (rings()) perform(DeclineCallRequest{.call = shown_.id});
}

bool ChatCalls::rings() {
  if (shown_.phase == CallPhase::rings_here) return true;
  interactor_.show("Nobody calls at the moment");
  return false;
}

void ChatCalls::mute(std::string_view how) {
  if (how == "on" || how == "off") return perform(MuteRequest{.on = how == "on"});
  if (how.empty() || how == "toggle") return perform(MuteRequest{});
  interactor_.show("Say how: /mute on, /mute off, or /mute alone for the other way round");
}

// What comes of it is told by events.
void ChatCalls::perform(const CallRequest& request) {
  if (const auto done = client_.call(request); !done) interactor_.show(done.error().message);
}

void ChatCalls::on_event(const CallInfo& call) {
  if (call.phase == CallPhase::over) {
    interactor_.show_call(call);
    // That of somebody else, who called meanwhile, changes nothing here.
    if (call.id == shown_.id) stop();
    return;
  }
  const bool news = differ(call, shown_);
  shown_ = call;
  if (news) interactor_.show_call(call);
  follow(call);
}

void ChatCalls::follow(const CallInfo& call) {
  interactor_.follow_call(call);
  due_ = false;
  timer_ = client_.loop().after(limits::call_view_interval, [this] { due_ = true; });
}

void ChatCalls::stop() {
  timer_.reset();
  due_ = false;
  shown_ = {};
  interactor_.follow_call(std::nullopt);
}

void ChatCalls::refresh() {
  if (!std::exchange(due_, false)) return;
  const auto asked = shown_;
  const auto call = client_.call(CallStatusRequest{});
  // Its end or more may have been told while this was asked, or have been lost with the process that carried it.
  if (shown_.id.empty() || differ(shown_, asked)) return;
  if (!call) return follow(asked);
  if (goes_on(*call)) return on_event(*call);
  // Its end is told as soon as its recording is written.
  if (call->phase == CallPhase::over) return follow(asked);
  interactor_.show("-- the call is over: the pqc-chat that carried it has ended");
  stop();
}

}  // namespace pqc::client
