#include "cli/call_view.h"

#include <format>

#include "cli/echo_view.h"
#include "cli/output.h"

namespace pqc::cli {
namespace {

using client::CallOutcome;
using client::CallPhase;
using client::Direction;
using client::RecordingState;

std::string_view direction_of(Direction direction) {
  return direction == Direction::incoming ? "in" : "out";
}

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

std::string duration(UnixMillis from, UnixMillis to) {
  const auto seconds = std::max<std::int64_t>(0, (to.value - from.value) / 1000);
  if (seconds < 3600) return std::format("{}:{:02}", seconds / 60, seconds % 60);
  return std::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// For people, of the side that is asked.
std::string_view text_of(CallOutcome outcome, Direction direction) {
  switch (outcome) {
    case CallOutcome::completed:
      return "ended";
    case CallOutcome::missed:
      return "missed";
    case CallOutcome::declined:
      return direction == Direction::incoming ? "declined" : "declined by them";
    case CallOutcome::busy:
      return "they are in another call";
    case CallOutcome::unanswered:
      return "nobody answered";
    case CallOutcome::unreachable:
      return "none of their devices could be reached";
    case CallOutcome::cancelled:
      return "cancelled";
    case CallOutcome::answered_elsewhere:
      return "answered on another device";
    case CallOutcome::failed:
      return "failed";
    case CallOutcome::withdrawn:
      return "withdrawn";
  }
  return "ended";
}

std::int64_t per_mille(double share) {
  return static_cast<std::int64_t>(share * 1000);
}

std::string path_of(const client::CallQuality& quality) {
  if (!quality.relayed) return "direct";
  return quality.relay.empty() ? "relayed" : "relayed " + quality.relay;
}

std::string recording_text(const client::CallQuality& quality) {
  std::string text;
  if (quality.recorded == RecordingState::on) text += "  THEY RECORD THIS CALL";
  if (quality.recorded == RecordingState::ended) text += "  they recorded a part of this call";
  if (quality.recording == RecordingState::on) text += "  you record this call";
  if (quality.recording == RecordingState::ended) text += "  your recording has ended";
  if (quality.recording == RecordingState::failed) text += "  NOT RECORDED";
  if (quality.recording_failure) text += ": " + quality.recording_failure->message;
  return text;
}

// Of a call that is over.
std::string recorded_text(const client::CallQuality& quality) {
  std::string text;
  if (quality.recorded != RecordingState::none) text += ", they recorded it";
  if (quality.recording == RecordingState::on || quality.recording == RecordingState::ended)
    text += ", you recorded it";
  if (quality.recording_failure) text += ", NOT RECORDED to its end: " + quality.recording_failure->message;
  return text;
}

// What was on until the end has ended with it.
std::string_view state_of(RecordingState state, CallPhase phase) {
  return client::name(phase == CallPhase::over && state == RecordingState::on ? RecordingState::ended : state);
}

std::string network_text(const client::CallQuality& quality) {
  std::string text;
  if (quality.round_trip) text = std::format("  round trip {:.0f} ms", milliseconds(*quality.round_trip));
  return text + std::format("  jitter {:.0f} ms  loss {:.1f} %", milliseconds(quality.jitter), quality.loss * 100);
}

std::string active_line(const client::CallInfo& call, UnixMillis now) {
  const auto& quality = call.quality;
  // What matters most stands first: a terminal may be narrow.
  auto text = std::format("{}  {}", call.peer, duration(call.since, now));
  const bool test = is_echo(call.peer);
  if (test) text += "  " + level_meter(quality) + network_text(quality);
  if (!quality.words.empty()) text += "  words: " + quality.words;
  if (call.muted) text += "  muted";
  text += recording_text(quality);
  if (quality.source_stalled) text += "  no sound from the microphone";
  if (quality.sink_stalled) text += "  the loudspeaker takes no sound";
  text += "  " + path_of(quality);
  return test ? text : text + network_text(quality);
}

// How it fares, from when on both sides know each other.
void add_quality(Json& out, const client::CallQuality& quality) {
  if (quality.words.empty()) return;
  out.add("path", quality.relayed ? "relayed" : "direct").add("words", quality.words);
  if (!quality.relay.empty()) out.add("relay", quality.relay);
  if (quality.round_trip) out.add("round_trip_us", quality.round_trip->count());
  out.add("jitter_us", quality.jitter.count());
  out.add("loss_per_mille", per_mille(quality.loss)).add("peer_loss_per_mille", per_mille(quality.peer_loss));
  out.add("packets_received", quality.packets_received).add("packets_lost", quality.packets_lost);
  out.add("level_in", per_mille(quality.level_in)).add("level_out", per_mille(quality.level_out));
  if (quality.sending.bit_rate > 0) {
    out.add("bit_rate", quality.sending.bit_rate)
        .add("frame_ms", quality.sending.frame.count())
        .add("copies", quality.sending.copies);
  }
  out.add("buffered_us", quality.buffered.count())
      .add("played_ms", quality.played.count())
      .add("made_up_ms", quality.made_up.count())
      .add("source_stalled", quality.source_stalled)
      .add("sink_stalled", quality.sink_stalled);
}

}  // namespace

std::string call_line(const client::CallInfo& call, UnixMillis now) {
  switch (call.phase) {
    case CallPhase::none:
      return "there is no call";
    case CallPhase::calling:
      return "calling " + call.peer;
    case CallPhase::rings_there:
      return "it rings at " + call.peer;
    case CallPhase::rings_here:
      return call.peer + " calls";
    case CallPhase::connecting:
      return "connecting with " + call.peer;
    case CallPhase::active:
      return active_line(call, now);
    case CallPhase::reconnecting:
      return "the way to " + call.peer + " was lost: reconnecting";
    case CallPhase::over:
      break;
  }
  std::string text = call.peer + ": " + std::string(text_of(call.outcome, call.direction));
  if (call.since.value > 0) text += " after " + duration(call.since, call.ended);
  if (!call.why.empty()) text += " (" + call.why + ")";
  return text + recorded_text(call.quality);
}

std::string chat_call_line(const client::CallInfo& call, UnixMillis now) {
  return call_line(call, now) + (call.phase == CallPhase::rings_here ? ": /answer, or /decline" : "");
}

std::string ringing_line(const client::CallInfo& call) {
  return call.peer + " calls: pqc-chat answer, or pqc-chat decline";
}

Json call_object(const client::CallInfo& call) {
  auto out = json_object("call");
  out.add("phase", client::name(call.phase));
  if (call.phase == CallPhase::none) return out;
  out.add("id", call.id).add("peer", call.peer).add("direction", direction_of(call.direction));
  if (call.phase == CallPhase::over) out.add("outcome", client::name(call.outcome));
  if (call.since.value > 0) out.add("answered_at", rfc3339(call.since));
  if (call.ended.value > 0) out.add("ended_at", rfc3339(call.ended));
  if (!call.why.empty()) out.add("why", call.why);
  out.add("muted", call.muted);
  const auto& quality = call.quality;
  out.add("recording", state_of(quality.recording, call.phase)).add("recorded", state_of(quality.recorded, call.phase));
  if (quality.recording_failure) out.add("recording_failure", quality.recording_failure->message);
  add_quality(out, quality);
  return out;
}

std::string call_record_line(const client::CallRecord& call) {
  auto text = local_time(call.started) + (call.direction == Direction::incoming ? "  from " : "  to   ") + call.peer +
              "  " + std::string(call.goes_on ? "goes on" : text_of(call.outcome, call.direction));
  if (call.answered.value > 0 && call.ended.value > 0) text += ", " + duration(call.answered, call.ended);
  return text;
}

Json call_record_object(const client::CallRecord& call) {
  auto out = json_object("call_record");
  out.add("id", call.id).add("peer", call.peer).add("direction", direction_of(call.direction));
  if (call.goes_on) out.add("goes_on", true);
  out.add("outcome", client::name(call.outcome));  // of every call, as it always was
  out.add("started_at", rfc3339(call.started));
  if (call.answered.value > 0) out.add("answered_at", rfc3339(call.answered));
  if (call.ended.value > 0) out.add("ended_at", rfc3339(call.ended));
  if (call.answered.value > 0) out.add("path", call.relayed ? "relayed" : "direct");
  return out;
}

client::Error error_of(const client::CallInfo& call) {
  const auto& peer = call.peer;
  const bool ours = call.direction == Direction::outgoing;
  const auto why = call.why.empty() ? std::string() : ": " + call.why;
  switch (call.outcome) {
    case CallOutcome::completed:
      if (const auto& failure = call.quality.recording_failure)
        return {failure->code, "the call with " + peer + " was not recorded to its end: " + failure->message};
      break;
    case CallOutcome::withdrawn:
      break;
    case CallOutcome::busy:
      return {ExitCode::call_busy, peer + " is in another call: call again later"};
    case CallOutcome::declined:
      return {ExitCode::call_declined,
              ours ? peer + " declined the call" : "the call of " + peer + " was declined on this account"};
    case CallOutcome::unreachable:
      return {ExitCode::call_unreachable, "none of the devices of " + peer + " could be reached" + why};
    case CallOutcome::unanswered:
      return {ExitCode::call_unanswered, "it rang at " + peer + ", and nobody answered"};
    case CallOutcome::answered_elsewhere:
      return {ExitCode::call_elsewhere, "the call of " + peer + " was answered on another device"};
    case CallOutcome::missed:
    case CallOutcome::cancelled:
      return {ExitCode::call_cancelled, "the call with " + peer + " was given up before an answer"};
    case CallOutcome::failed:
      return {
          ExitCode::call_broken,
          (call.since.value > 0 ? "the call with " + peer + " broke off" : "no sound came through with " + peer) + why};
  }
  return {ExitCode::ok, {}};
}

bool FollowedCall::ends(const client::CallInfo& call) {
  if (call.phase == CallPhase::over) return call.id == id_;
  if (!answered_) id_ = call.id;
  answered_ = answered_ || call.phase == CallPhase::connecting || call.phase == CallPhase::active;
  return false;
}

}  // namespace pqc::cli
