// Calls between the facade's values and local.proto.
#include "client/remote/local_codec.h"
#include "proto/local.pb.h"

namespace pqc::client::local {
namespace {

void encode(const CallAudio& in, v1::CallAudio& out) {
  out.set_in(in.in);
  out.set_out(in.out);
  out.set_relay_only(in.relay_only);
  out.set_record(in.record);
  out.set_unprocessed(!in.processing);
}

CallAudio decode(const v1::CallAudio& in) {
  return {.in = in.in(),
          .out = in.out(),
          .relay_only = in.relay_only(),
          .record = in.record(),
          .processing = !in.unprocessed()};
}

struct RequestEncoder {
  v1::Call& out;
  void operator()(const PlaceCallRequest& in) const {
    out.mutable_place()->set_peer(in.peer);
    encode(in.audio, *out.mutable_place()->mutable_audio());
  }
  void operator()(const AnswerCallRequest& in) const {
    encode(in.audio, *out.mutable_answer()->mutable_audio());
    out.mutable_answer()->set_call(in.call);
  }
  void operator()(const DeclineCallRequest& in) const { out.mutable_decline()->set_call(in.call); }
  void operator()(const HangUpRequest&) const { out.mutable_hang_up(); }
  void operator()(const MuteRequest& in) const {
    out.mutable_mute();
    if (in.on) out.mutable_mute()->set_on(*in.on);
  }
  void operator()(const CallStatusRequest&) const { out.mutable_status(); }
};

}  // namespace

void encode(const CallRequest& in, v1::Call& out) {
  std::visit(RequestEncoder{out}, in);
}

std::optional<CallRequest> decode(const v1::Call& in) {
  switch (in.body_case()) {
    case v1::Call::kPlace:
      return PlaceCallRequest{.peer = in.place().peer(), .audio = decode(in.place().audio())};
    case v1::Call::kAnswer:
      return AnswerCallRequest{.audio = decode(in.answer().audio()), .call = in.answer().call()};
    case v1::Call::kDecline:
      return DeclineCallRequest{.call = in.decline().call()};
    case v1::Call::kHangUp:
      return HangUpRequest{};
    case v1::Call::kMute:
      return MuteRequest{.on = in.mute().has_on() ? std::optional(in.mute().on()) : std::nullopt};
    case v1::Call::kStatus:
      return CallStatusRequest{};
    case v1::Call::BODY_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

void encode(const CallInfo& in, v1::CallInfo& out) {
  out.set_id(in.id);
  out.set_peer(in.peer);
  out.set_direction(static_cast<std::uint32_t>(in.direction));
  out.set_phase(static_cast<std::uint32_t>(in.phase));
  out.set_outcome(static_cast<std::uint32_t>(in.outcome));
  out.set_since(in.since.value);
  out.set_ended(in.ended.value);
  out.set_muted(in.muted);
  out.set_relayed(in.quality.relayed);
  out.set_relay(in.quality.relay);
  out.set_words(in.quality.words);
  if (in.quality.round_trip) out.set_round_trip_us(in.quality.round_trip->count());
  out.set_jitter_us(in.quality.jitter.count());
  out.set_loss(in.quality.loss);
  out.set_bit_rate(in.quality.sending.bit_rate);
  out.set_frame_ms(in.quality.sending.frame.count());
  out.set_copies(in.quality.sending.copies);
  out.set_buffered_us(in.quality.buffered.count());
  out.set_played_ms(in.quality.played.count());
  out.set_made_up_ms(in.quality.made_up.count());
  out.set_peer_loss(in.quality.peer_loss);
  out.set_packets_received(in.quality.packets_received);
  out.set_packets_lost(in.quality.packets_lost);
  out.set_loudest_in(in.quality.loudest_in);
  out.set_loudest_out(in.quality.loudest_out);
  out.set_level_in(in.quality.level_in);
  out.set_level_out(in.quality.level_out);
  out.set_source_stalled(in.quality.source_stalled);
  out.set_sink_stalled(in.quality.sink_stalled);
  out.set_why(in.why);
  out.set_recording(static_cast<std::uint32_t>(in.quality.recording));
  out.set_recorded(static_cast<std::uint32_t>(in.quality.recorded));
  if (const auto& failure = in.quality.recording_failure) {
    out.mutable_recording_failure()->set_code(std::string(name(failure->code)));
    out.mutable_recording_failure()->set_message(failure->message);
  }
}

CallInfo decode(const v1::CallInfo& in) {
  CallInfo out{.id = in.id(),
               .peer = in.peer(),
               .direction = static_cast<Direction>(in.direction()),
               .phase = static_cast<CallPhase>(in.phase()),
               .outcome = static_cast<CallOutcome>(in.outcome()),
               .since = {in.since()},
               .ended = {in.ended()},
               .muted = in.muted()};
  out.quality = {
      .relayed = in.relayed(),
      .relay = in.relay(),
      .words = in.words(),
      .round_trip = {},
      .jitter = std::chrono::microseconds(in.jitter_us()),
      .loss = in.loss(),
      .sending = {.bit_rate = in.bit_rate(), .frame = std::chrono::milliseconds(in.frame_ms()), .copies = in.copies()},
      .buffered = std::chrono::microseconds(in.buffered_us()),
      .played = std::chrono::milliseconds(in.played_ms()),
      .made_up = std::chrono::milliseconds(in.made_up_ms()),
      .peer_loss = in.peer_loss(),
      .packets_received = in.packets_received(),
      .packets_lost = in.packets_lost(),
      .loudest_in = in.loudest_in(),
      .loudest_out = in.loudest_out(),
      .level_in = in.level_in(),
      .level_out = in.level_out(),
      .source_stalled = in.source_stalled(),
      .sink_stalled = in.sink_stalled(),
      .recording = static_cast<RecordingState>(in.recording()),
      .recorded = static_cast<RecordingState>(in.recorded())};
  if (in.has_round_trip_us()) out.quality.round_trip = std::chrono::microseconds(in.round_trip_us());
  out.why = in.why();
  if (in.has_recording_failure())
    out.quality.recording_failure = Error{exit_code(in.recording_failure().code()), in.recording_failure().message()};
  return out;
}

void encode(const CallRecord& in, v1::CallRecord& out) {
  out.set_id(in.id);
  out.set_peer(in.peer);
  out.set_direction(static_cast<std::uint32_t>(in.direction));
  out.set_outcome(static_cast<std::uint32_t>(in.outcome));
  out.set_started(in.started.value);
  out.set_answered(in.answered.value);
  out.set_ended(in.ended.value);
  out.set_relayed(in.relayed);
  out.set_goes_on(in.goes_on);
}

CallRecord decode(const v1::CallRecord& in) {
  return {.id = in.id(),
          .peer = in.peer(),
          .direction = static_cast<Direction>(in.direction()),
          .outcome = static_cast<CallOutcome>(in.outcome()),
          .started = {in.started()},
          .answered = {in.answered()},
          .ended = {in.ended()},
          .relayed = in.relayed(),
          .goes_on = in.goes_on()};
}

}  // namespace pqc::client::local
