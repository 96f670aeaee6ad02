#include "client/calls/calls.h"

#include <algorithm>

#include "base/log.h"
#include "client/messages/drafts.h"
#include "client/recording/recording_plan.h"

namespace pqc::client {
namespace {

std::unexpected<Error> no_call() {
  return fail(ExitCode::no_call, "there is no call at the moment: pqc-chat calls lists those that were");
}

std::unexpected<Error> makes_none() {
  return fail(ExitCode::busy, "the pqc-chat that holds the profile makes no calls: try again when it has ended");
}

std::unexpected<Error> rings_no_more() {
  return fail(ExitCode::no_call, "the call does not ring any more");
}

// Whether the user's word is about this call; without an id it is about whichever there is.
bool is_meant(const std::string& wanted, const CallId& id) {
  return wanted.empty() || wanted == to_hex(id);
}

bool is_any(const CallArrived&) {
  return true;
}

// Of one that was completed: keys that came into doubt, or somebody who was blocked.
bool says_why(CallOutcome outcome) {
  return outcome == CallOutcome::failed || outcome == CallOutcome::unreachable || outcome == CallOutcome::completed;
}

CallPhase phase_of(const CallState& state) {
  struct Phases {
    CallPhase operator()(const CallIdle&) const { return CallPhase::none; }
    CallPhase operator()(const CallPreparing&) const { return CallPhase::calling; }
    CallPhase operator()(const CallCalling& s) const { return s.rings ? CallPhase::rings_there : CallPhase::calling; }
    CallPhase operator()(const CallRingingHere&) const { return CallPhase::rings_here; }
    CallPhase operator()(const CallAnswering&) const { return CallPhase::connecting; }
    CallPhase operator()(const CallConnecting&) const { return CallPhase::connecting; }
    CallPhase operator()(const CallActive& s) const { return s.until ? CallPhase::reconnecting : CallPhase::active; }
  };
  return std::visit(Phases{}, state);
}

}  // namespace

Calls::~Calls() = default;

CallMoment Calls::now() const {
  return {.steady = std::chrono::steady_clock::now(), .wall = core_.clock.now()};
}

std::string Calls::our_name() const {
  return core_.account.name().text() + "/" + std::to_string(core_.account.row().device);
}

void Calls::perform(const CallRequest& request, Answer answer) {
  if (const auto* place_request = std::get_if<PlaceCallRequest>(&request))
    return place(*place_request, std::move(answer));
  if (const auto* answer_request = std::get_if<AnswerCallRequest>(&request))
    return answer_ringing(*answer_request, std::move(answer));
  struct Others {
    Calls& calls;
    Result<CallInfo> operator()(const PlaceCallRequest&) const { return no_call(); }
    Result<CallInfo> operator()(const AnswerCallRequest&) const { return no_call(); }
    Result<CallInfo> operator()(const DeclineCallRequest& r) const { return calls.decline(r); }
    Result<CallInfo> operator()(const HangUpRequest&) const {
      if (calls.machine_.idle()) return no_call();
      calls.handle(HangUpCall{});
      return calls.current();
    }
    Result<CallInfo> operator()(const MuteRequest& r) const { return calls.mute(r.on); }
    Result<CallInfo> operator()(const CallStatusRequest&) const { return calls.current(); }
  };
  answer(std::visit(Others{*this}, request));
}

CallInfo Calls::current() {
  const auto& state = machine_.state();
  CallInfo out;
  out.phase = phase_of(state);
  const auto id = call_id(state);
  if (!id) return ending_.value_or(out);
  out.id = to_hex(*id);
  out.direction = call_direction(state);
  out.muted = muted_;
  if (const auto* active = std::get_if<CallActive>(&state)) out.since = active->since;
  if (media_) out.quality = media_->quality();
  if (const auto contact = core_.store.contacts.find(call_peer(state).contact); contact && *contact)
    out.peer = (*contact)->peer;
  return out;
}

bool Calls::hides_from(std::int64_t contact) const {
  const auto& state = machine_.state();
  const bool wanted = !machine_.idle() && !std::holds_alternative<CallRingingHere>(state);
  return wanted && audio_.relay_only && call_peer(state).contact == contact;
}

bool Calls::end() {
  if (machine_.idle() || std::holds_alternative<CallRingingHere>(machine_.state())) return false;
  handle(LeaveCall{});
  return true;
}

// Whom the user calls is a contact, as whom it writes to.
Result<ContactRow> Calls::callee(std::string_view peer) {
  auto name = core_.contacts.parse(peer);
  if (!name) return pass(name);
  if (*name == core_.account.name()) return fail(ExitCode::invalid_name, "this is your own name");
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto contact = core_.store.contacts.find_or_add(name->text(), ContactState::accepted, core_.clock.now());
  if (!contact) return pass(contact);
  if (contact->barred) return std::unexpected(blocked_error(contact->peer));
  if (auto done = outbox_.accept(*contact); !done) return pass(done);
  if (auto done = core_.account.commit(*transaction); !done) return pass(done);
  return contact;
}

Status Calls::check_places(const CallAudio& audio) const {
  if (!audio.record.empty())
    if (auto checked = check_recording_path(audio.record); !checked) return checked;
  return check_audio_(audio);
}

void Calls::place(const PlaceCallRequest& request, Answer answer) {
  if (!make_media_) return answer(makes_none());
  if (!machine_.idle() || placing_) return answer(fail(ExitCode::in_call, "there is a call already: hang up first"));
  if (auto checked = check_places(request.audio); !checked) return answer(pass(checked));
  auto contact = callee(request.peer);
  if (!contact) return answer(pass(contact));
  placing_ = true;
  directory_.prepare(contact->id, [weak = std::weak_ptr(self_), id = contact->id, audio = request.audio,
                                   answer = std::move(answer)](const Status& prepared) {
    const auto self = weak.lock();
    if (!self) return;
    auto& calls = **self;
    if (!prepared) {
      calls.placing_ = false;
      return answer(std::unexpected(prepared.error()));
    }
    calls.check_relays(audio, [&calls, id, audio, answer](const Status& checked) {
      calls.placing_ = false;
      if (!checked) return answer(std::unexpected(checked.error()));
      if (!calls.machine_.idle())
        return answer(fail(ExitCode::in_call, "somebody called meanwhile: answer or decline that call first"));
      if (auto begun = calls.begin(id, audio); !begun) return answer(pass(begun));
      answer(calls.current());
    });
  });
}

Status Calls::begin(std::int64_t contact, const CallAudio& audio) {
  const CallId id = core_.rng.bytes<16>();
  auto added = core_.store.calls.add({.id = id,
                                      .contact = contact,
                                      .direction = Direction::outgoing,
                                      .outcome = CallOutcome::failed,
                                      .started = core_.clock.now(),
                                      .answered = {},
                                      .ended = {},
                                      .relayed = false});
  if (!added) return pass(added);
  audio_ = audio;
  handle(PlaceCall{.contact = contact, .id = id});
  return {};
}

// What a call cannot keep is not promised.
void Calls::check_relays(const CallAudio& audio, std::function<void(const Status&)> done) {
  if (!audio.relay_only) return done({});
  servers_.find([done = std::move(done)](const CallServers& servers) {
    if (!servers.turn.uris.empty()) return done({});
    done(fail(ExitCode::unreachable,
              "the server of this account names no relay: without one the other side would learn this machine's "
              "address. Nothing was sent"));
  });
}

Status Calls::check_call() {
  auto contact = core_.store.contacts.find(call_peer(machine_.state()).contact);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  return sender_.check_peer(**contact, false);
}

void Calls::look_at(std::int64_t contact) {
  core_.loop.post([weak = std::weak_ptr(self_), contact] {
    const auto self = weak.lock();
    if (!self || call_peer((*self)->machine_.state()).contact != contact) return;
    auto& calls = **self;
    const auto checked = calls.check_call();
    if (checked) return;
    calls.why_ = checked.error().message;
    calls.handle(PeerRefused{});
  });
}

void Calls::answer_ringing(const AnswerCallRequest& request, Answer answer) {
  if (!make_media_) return answer(makes_none());
  ring_waiting();
  const auto* rings = std::get_if<CallRingingHere>(&machine_.state());
  if (rings == nullptr)
    return answer(fail(ExitCode::no_call, "nobody calls at the moment: pqc-chat answer --auto waits for a call"));
  if (!is_meant(request.call, rings->id)) return answer(rings_no_more());
  if (auto checked = check_places(request.audio); !checked) return answer(pass(checked));
  check_relays(request.audio,
               [this, id = rings->id, audio = request.audio, answer = std::move(answer)](const Status& checked) {
                 if (!checked) return answer(std::unexpected(checked.error()));
                 if (!std::holds_alternative<CallRingingHere>(machine_.state()) || call_id(machine_.state()) != id)
                   return answer(rings_no_more());
                 if (auto allowed = check_call(); !allowed) return answer(pass(allowed));
                 audio_ = audio;
                 handle(AcceptCall{});
                 answer(current());
               });
}

Result<CallInfo> Calls::decline(const DeclineCallRequest& request) {
  if (!make_media_) return makes_none();
  ring_waiting();
  const auto* rings = std::get_if<CallRingingHere>(&machine_.state());
  if (rings == nullptr) return no_call();
  if (!is_meant(request.call, rings->id)) return rings_no_more();
  handle(DeclineCall{});
  return current();
}

Result<CallInfo> Calls::mute(std::optional<bool> on) {
  if (machine_.idle()) return no_call();
  muted_ = on.value_or(!muted_);
  if (media_) media_->set_muted(muted_);
  act(CallChanged{});
  return current();
}

void Calls::handle(const CallEvent& event) {
  // What was muted stays so until the call is over, whatever becomes of its media.
  if (machine_.idle()) muted_ = false;
  for (const auto& action : machine_.on(event, now())) std::visit([this](const auto& what) { act(what); }, action);
  arm();
}

void Calls::arm() {
  timer_.reset();
  const auto until = machine_.deadline();
  if (!until) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  timer_ = core_.loop.after(std::max(left, std::chrono::milliseconds(0)), [this] { handle(TimePassed{}); });
}

void Calls::act(const PrepareMedia& action) {
  why_.clear();
  quality_ = {};
  servers_.find([this, action](const CallServers& servers) {
    if (call_id(machine_.state()) == action.id) make_media(action, servers);
  });
}

void Calls::make_media(const PrepareMedia& action, const CallServers& servers) {
  auto made = make_media_(core_.loop, {.audio = audio_, .servers = servers, .offering = action.offering},
                          media_events(action.id));
  if (made) {
    media_ = std::move(*made);
    media_->set_muted(muted_);
    return;
  }
  why_ = made.error().message;
  handle(MediaEnded{.id = action.id, .orderly = false});
}

CallMediaEvents Calls::media_events(const CallId& id) {
  return {.described =
              [this, id](CallDescription description) {
                handle(LocalDescribed{
                    .id = id, .half = {.secret = core_.rng.bytes<32>(), .description = std::move(description)}});
              },
          .connected = [this, id] { handle(MediaConnected{.id = id}); },
          .ended =
              [this, id](bool orderly, const std::string& why) {
                why_ = orderly ? std::string() : why;
                log(LogLevel::info, "call.media_ended", {{"why", why}});
                handle(MediaEnded{.id = id, .orderly = orderly});
              },
          // What is to be said about it goes through the server, which cannot be reached the old way either, maybe.
          .silent =
              [this, id](bool moved) {
                if (core_.relay) core_.relay->doubt(moved ? limits::strong_doubt_deadline : limits::doubt_deadline);
                handle(PathSilent{.id = id, .moved = moved});
              },
          .back = [this, id] { handle(PathBack{.id = id}); },
          .restarted =
              [this, id](std::uint32_t round, CallPath path) {
                handle(LocalRestarted{.id = id, .round = round, .path = std::move(path)});
              },
          .recording_changed =
              [this, id] {
                if (call_id(machine_.state()) == id) act(CallChanged{});
              }};
}

void Calls::act(const RestartMedia& action) {
  log(LogLevel::info, "call.restart", {{"round", std::to_string(action.round)}});
  if (media_) media_->restart(action.round);
}

void Calls::act(const FollowPeer& action) {
  if (media_) media_->follow(action.round, action.theirs);
}

void Calls::act(const ConnectMedia& action) {
  const auto contact = core_.store.contacts.find(action.peer.contact);
  if (!media_ || !contact || !*contact) return;
  if (!audio_.record.empty())
    media_->record(plan_recording(core_.store, core_.rng, audio_.record,
                                  {.call = action.id,
                                   .began = static_cast<std::uint64_t>(core_.clock.now().value),
                                   .ours = our_name(),
                                   .theirs = (*contact)->peer}));
  media_->connect(action, our_name(), (*contact)->peer + "/" + std::to_string(action.peer.device));
}

void Calls::act(const CloseMedia&) {
  if (!media_) return;
  quality_ = media_->quality();
  recording_end_ = media_->recording_end();
  media_.reset();
}

void Calls::act(const CallChanged&) {
  tell(current());
}

// Later: who listens may ask for the next step at once.
void Calls::tell(const CallInfo& info) {
  core_.loop.post([weak = std::weak_ptr(self_), info] {
    if (const auto self = weak.lock()) (*self)->core_.emit(info);
  });
}

void Calls::act(const CallOver& action) {
  auto recording_end = std::exchange(recording_end_, {});
  const bool withdrawn = action.outcome == CallOutcome::withdrawn;
  auto stored = withdrawn ? core_.store.calls.remove(action.id)
                          : core_.store.calls.set_end({.id = action.id,
                                                       .contact = action.contact,
                                                       .direction = action.direction,
                                                       .outcome = action.outcome,
                                                       .started = {},
                                                       .answered = action.answered,
                                                       .ended = action.ended,
                                                       .relayed = quality_.relayed});
  if (stored) stored = intake_.forget(action.id);
  if (!stored) log(LogLevel::error, "call.not_stored", {{"why", stored.error().message}});
  if (withdrawn) return;
  if (action.outcome == CallOutcome::failed && action.answered.value > 0 && why_.empty())
    why_ = "the way to the other side was lost, and no other was found in time";
  CallInfo info{.id = to_hex(action.id),
                .peer = {},
                .direction = action.direction,
                .phase = CallPhase::over,
                .outcome = action.outcome,
                .since = action.answered,
                .ended = action.ended,
                .muted = false,
                .quality = quality_,
                .why = says_why(action.outcome) ? why_ : std::string()};
  if (const auto contact = core_.store.contacts.find(action.contact); contact && *contact) info.peer = (*contact)->peer;
  tell_end(std::move(info), std::move(recording_end));
}

// Once it is known what became of its recording.
void Calls::tell_end(CallInfo info, CallMedia::RecordingEnd recording_end) {
  if (!recording_end) return tell(info);
  ending_ = info;
  recording_ends_.wait_for(std::move(recording_end), [this, info = std::move(info)](std::optional<Error> failure) {
    auto told = info;
    if (failure) {
      told.quality.recording = RecordingState::failed;
      told.quality.recording_failure = std::move(failure);
    }
    if (ending_ && ending_->id == info.id) ending_.reset();
    tell(told);
  });
}

void Calls::offer_failed(const CallId& id, const std::string& why) {
  why_ = why;
  handle(OfferFailed{.id = id});
}

Status Calls::take(const ContactRow& contact, std::uint32_t device, const CallContent& content,
                   UnixMillis received_at) {
  auto arrived = intake_.take({.contact = contact.id, .device = device}, contact, content, received_at,
                              {.takes_calls = make_media_ != nullptr, .call = call_id(machine_.state())});
  if (!arrived) return pass(arrived);
  if (*arrived) came_.emplace_back(std::move(**arrived));
  return {};
}

bool Calls::offered(const std::function<bool(const CallArrived&)>& wanted) const {
  return std::ranges::any_of(came_, [&](const CallEvent& event) {
    const auto* arrived = std::get_if<CallArrived>(&event);
    return arrived != nullptr && arrived->fresh && std::holds_alternative<CallOffer>(arrived->content.what) &&
           wanted(*arrived);
  });
}

bool Calls::free() const {
  return machine_.idle() && !offered(is_any);
}

bool Calls::has(const CallId& id) const {
  return call_id(machine_.state()) == id || offered([&](const CallArrived& it) { return it.content.call == id; });
}

bool Calls::is_with(std::int64_t contact) const {
  return (!machine_.idle() && call_peer(machine_.state()).contact == contact) ||
         offered([&](const CallArrived& it) { return it.from.contact == contact; });
}

std::optional<std::chrono::steady_clock::time_point> Calls::gives_way() const {
  return offered(is_any) ? std::nullopt : call_gives_way(machine_.state());
}

void Calls::answer_at_once() {
  if (!std::holds_alternative<CallRingingHere>(machine_.state())) return;
  if (const auto allowed = check_call(); !allowed) {
    log(LogLevel::info, "call.not_answered", {{"why", allowed.error().message}});
    return handle(PeerRefused{});  // nobody else would end it before its time
  }
  audio_ = {};
  handle(AcceptCall{});
}

bool Calls::has_waiting() {
  return may_begin() && intake_.waits();
}

void Calls::ring_waiting() {
  if (!may_begin()) return;
  if (const auto arrived = intake_.waiting()) handle(*arrived);
}

void Calls::committed() {
  for (const auto& event : std::exchange(came_, {})) handle(event);
}

}  // namespace pqc::client
