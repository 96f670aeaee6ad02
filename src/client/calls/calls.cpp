#include "client/calls/calls.h"

#include <algorithm>

#include "base/log.h"
#include "client/messages/content.h"
#include "client/messages/drafts.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

std::unexpected<Error> no_call() {
  return fail(ExitCode::usage, "there is no call at the moment: pqc-chat calls lists those that were");
}

// What a call cannot keep is not promised.
Status check_audio(const CallAudio& audio) {
  if (!audio.relay_only) return {};
  return fail(ExitCode::usage,
              "calls go through no relay: the other side would learn this machine's address. Nothing was sent");
}

CallPhase phase_of(const CallState& state) {
  struct Phases {
    CallPhase operator()(const CallIdle&) const { return CallPhase::none; }
    CallPhase operator()(const CallPreparing&) const { return CallPhase::calling; }
    CallPhase operator()(const CallCalling& s) const { return s.rings ? CallPhase::rings_there : CallPhase::calling; }
    CallPhase operator()(const CallRingingHere&) const { return CallPhase::rings_here; }
    CallPhase operator()(const CallAnswering&) const { return CallPhase::connecting; }
    CallPhase operator()(const CallConnecting&) const { return CallPhase::connecting; }
    CallPhase operator()(const CallActive&) const { return CallPhase::active; }
  };
  return std::visit(Phases{}, state);
}

}  // namespace

Calls::~Calls() = default;

CallMoment Calls::now() const {
  return {.steady = std::chrono::steady_clock::now(), .wall = core_.clock.now()};
}

UnixMillis Calls::server_now() const {
  const auto offset = core_.relay ? core_.relay->clock_offset() : std::chrono::milliseconds(0);
  return core_.clock.now() + offset;
}

std::string Calls::our_name() const {
  return core_.account.name().text() + "/" + std::to_string(core_.account.row().device);
}

void Calls::perform(const CallRequest& request, Answer answer) {
  if (const auto* place_request = std::get_if<PlaceCallRequest>(&request))
    return place(*place_request, std::move(answer));
  struct Others {
    Calls& calls;
    Result<CallInfo> operator()(const PlaceCallRequest&) const { return no_call(); }
    Result<CallInfo> operator()(const AnswerCallRequest& r) const { return calls.answer_ringing(r.audio); }
    Result<CallInfo> operator()(const DeclineCallRequest&) const {
      if (!std::holds_alternative<CallRingingHere>(calls.machine_.state())) return no_call();
      calls.handle(DeclineCall{});
      return calls.current();
    }
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
  if (!id) return out;
  out.id = to_hex(*id);
  out.direction = call_direction(state);
  out.muted = muted_;
  if (const auto* active = std::get_if<CallActive>(&state)) out.since = active->since;
  if (media_) out.quality = media_->quality();
  if (const auto contact = core_.store.contacts.find(call_peer(state).contact); contact && *contact)
    out.peer = (*contact)->peer;
  return out;
}

// One that rings goes on ringing at other devices.
bool Calls::end() {
  if (machine_.idle() || std::holds_alternative<CallRingingHere>(machine_.state())) return false;
  handle(HangUpCall{});
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

void Calls::place(const PlaceCallRequest& request, Answer answer) {
  if (!make_media_) return answer(fail(ExitCode::usage, "this program makes no calls"));
  if (auto checked = check_audio(request.audio); !checked) return answer(pass(checked));
  if (!machine_.idle() || placing_) return answer(fail(ExitCode::busy, "there is a call already: hang up first"));
  auto contact = callee(request.peer);
  if (!contact) return answer(pass(contact));
  placing_ = true;
  directory_.prepare(contact->id, [weak = std::weak_ptr(self_), id = contact->id, audio = request.audio,
                                   answer = std::move(answer)](const Status& prepared) {
    const auto self = weak.lock();
    if (!self) return;
    auto& calls = **self;
    calls.placing_ = false;
    if (!prepared) return answer(std::unexpected(prepared.error()));
    if (!calls.machine_.idle())
      return answer(fail(ExitCode::busy, "somebody called meanwhile: answer or decline that call first"));
    if (auto begun = calls.begin(id, audio); !begun) return answer(pass(begun));
    answer(calls.current());
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

// Whom the user blocked hears that a call is over, and nothing else.
Status Calls::check_peer(const ContactRow& contact, bool ends) {
  if (contact.barred && !ends) return std::unexpected(blocked_error(contact.peer));
  auto withheld = core_.contacts.withheld(contact);
  if (!withheld) return pass(withheld);
  if (contact.blocked() || *withheld) return fail(ExitCode::refused, "the keys of " + contact.peer + " are in doubt");
  return {};
}

Status Calls::check_call() {
  auto contact = core_.store.contacts.find(call_peer(machine_.state()).contact);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  return check_peer(**contact, false);
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

Result<CallInfo> Calls::answer_ringing(const CallAudio& audio) {
  if (!std::holds_alternative<CallRingingHere>(machine_.state()))
    return fail(ExitCode::usage, "nobody calls at the moment: --auto waits for a call");
  if (auto checked = check_audio(audio); !checked) return pass(checked);
  if (auto checked = check_call(); !checked) return pass(checked);
  audio_ = audio;
  handle(AcceptCall{});
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
  const auto id = action.id;
  auto made = make_media_(
      core_.loop, audio_, action.offering,
      {.described =
           [this, id](CallDescription description) {
             handle(LocalDescribed{.id = id,
                                   .half = {.secret = core_.rng.bytes<32>(), .description = std::move(description)}});
           },
       .connected = [this, id] { handle(MediaConnected{.id = id}); },
       .ended =
           [this, id](bool orderly, const std::string& why) {
             why_ = why;
             log(LogLevel::info, "call.media_ended", {{"why", why}});
             handle(MediaEnded{.id = id, .orderly = orderly});
           }});
  if (made) {
    media_ = std::move(*made);
    media_->set_muted(muted_);
    return;
  }
  why_ = made.error().message;
  // Not from inside the event that this follows from.
  core_.loop.post([weak = std::weak_ptr(self_), id] {
    if (const auto self = weak.lock()) (*self)->handle(MediaEnded{.id = id, .orderly = false});
  });
}

void Calls::act(const ConnectMedia& action) {
  const auto contact = core_.store.contacts.find(action.peer.contact);
  if (!media_ || !contact || !*contact) return;
  media_->connect(action, our_name(), (*contact)->peer + "/" + std::to_string(action.peer.device));
}

void Calls::act(const CloseMedia&) {
  if (!media_) return;
  quality_ = media_->quality();
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
  const bool withdrawn = action.outcome == CallOutcome::withdrawn;
  const auto stored = withdrawn ? core_.store.calls.remove(action.id)
                                : core_.store.calls.set_end({.id = action.id,
                                                             .contact = action.contact,
                                                             .direction = action.direction,
                                                             .outcome = action.outcome,
                                                             .started = {},
                                                             .answered = action.answered,
                                                             .ended = action.ended,
                                                             .relayed = quality_.relayed});
  if (!stored) log(LogLevel::error, "call.not_stored", {{"why", stored.error().message}});
  if (withdrawn) return;
  CallInfo info{.id = to_hex(action.id),
                .peer = {},
                .direction = action.direction,
                .phase = CallPhase::over,
                .outcome = action.outcome,
                .since = action.answered,
                .ended = action.ended,
                .muted = false,
                .quality = quality_,
                .why = action.outcome == CallOutcome::failed || action.outcome == CallOutcome::unreachable
                           ? why_
                           : std::string()};
  if (const auto contact = core_.store.contacts.find(action.contact); contact && *contact) info.peer = (*contact)->peer;
  tell(info);
}

void Calls::act(const SendCall& action) {
  if (std::holds_alternative<CallOffer>(action.content.what)) return offer(action);
  if (const auto sealed = seal(action); !sealed)
    log(LogLevel::warning, "call.not_sent", {{"why", sealed.error().message}});
  tell_server(action.content);
}

// The server hears of the call first: where it has too many of this account, nobody rings.
void Calls::offer(const SendCall& action) {
  const auto contact = core_.store.contacts.find(action.to.contact);
  const auto id = action.content.call;
  const auto failed = [weak = std::weak_ptr(self_), id](const std::string& why) {
    const auto self = weak.lock();
    if (!self) return;
    (*self)->why_ = why;
    (*self)->handle(OfferFailed{.id = id});
  };
  if (!core_.relay || !contact || !*contact)
    return core_.loop.post([failed] { failed("not connected to the server"); });
  v1::ClientFrame frame;
  frame.mutable_call_initiate()->set_call_id(to_hex(id));
  frame.mutable_call_initiate()->set_to((*contact)->peer);
  core_.relay->ask(std::move(frame), [weak = std::weak_ptr(self_), action, failed](auto answer) {
    const auto self = weak.lock();
    if (!self) return;
    auto& calls = **self;
    if (!answer) return failed(answer.error().message);
    if (call_id(calls.machine_.state()) != action.content.call) return;
    auto offered = action;
    std::get<CallOffer>(offered.content.what).offered_at = calls.server_now();
    if (const auto sealed = calls.seal(offered); !sealed) failed(sealed.error().message);
  });
}

// In sessions that are there: a device without one was offered nothing.
Status Calls::seal(const SendCall& action) {
  auto contact = core_.store.contacts.find(action.to.contact);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  auto record = core_.contacts.pinned(**contact);
  if (!record) return pass(record);
  if (!*record) return fail(ExitCode::unknown_peer, "there are no keys of " + (*contact)->peer);
  const bool ends = std::holds_alternative<CallHangup>(action.content.what);
  if (auto checked = check_peer(**contact, ends); !checked) return checked;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  const Content content{
      .id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .expires_after = 0, .body = action.content};
  for (const auto& device : (*record)->record().devices) {
    const bool meant = action.to.device == 0 ? device.id.value != action.except : device.id.value == action.to.device;
    if (!meant || device.state != identity::DeviceState::active) continue;
    auto can = core_.sessions.can_seal(**contact, device.id);
    if (!can) return pass(can);
    if (!*can) continue;
    if (auto done = outbox_.add_control(**contact, **record, device.id, content); !done) return done;
  }
  if (auto done = core_.account.commit(*transaction); !done) return done;
  core_.loop.post([weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->outbox_.pump();
  });
  return {};
}

// Nothing depends on its answer (docs/spec/calls.md §7).
void Calls::tell_server(const CallContent& content) {
  if (!core_.online()) return;
  const auto id = to_hex(content.call);
  v1::ClientFrame frame;
  if (std::holds_alternative<CallAnswer>(content.what))
    frame.mutable_call_accept()->set_call_id(id);
  else if (std::holds_alternative<CallReject>(content.what))
    frame.mutable_call_reject()->set_call_id(id);
  else if (std::holds_alternative<CallHangup>(content.what))
    frame.mutable_call_hangup()->set_call_id(id);
  else
    return;
  core_.relay->ask(std::move(frame), [](const auto&) {});
}

// Before an offer costs anything. Old ones, of which a mailbox may hold many, by the times at which they were sent.
bool Calls::within_limit(const ContactRow& contact, bool fresh, UnixMillis received_at) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  const milliseconds sent(std::clamp<std::int64_t>(received_at.value, 0, server_now().value));
  const bool within = fresh ? fresh_offers_.take(contact.id, now) : old_offers_.take(contact.id, sent);
  if (!within) log(LogLevel::info, "call.too_many_offers", {{"peer", contact.peer}});
  return within;
}

Status Calls::take(const ContactRow& contact, std::uint32_t device, const CallContent& content,
                   UnixMillis received_at) {
  // Strangers ring nowhere and learn nothing (THREATS 16), nor does whom the user blocked.
  if (contact.state != ContactState::accepted || contact.barred) {
    log(LogLevel::info, "call.of_a_stranger");
    return {};
  }
  bool fresh = true;
  if (const auto* offer = std::get_if<CallOffer>(&content.what)) {
    const auto by_caller = server_now() - offer->offered_at;
    fresh = by_caller <= limits::call_offer_lifetime && by_caller >= -limits::call_offer_lifetime &&
            server_now() - received_at <= limits::call_offer_lifetime && !contact.blocked();
    if (!within_limit(contact, fresh, received_at)) return {};
    auto added = core_.store.calls.add({.id = content.call,
                                        .contact = contact.id,
                                        .direction = Direction::incoming,
                                        .outcome = CallOutcome::missed,
                                        .started = core_.clock.now(),
                                        .answered = {},
                                        .ended = {},
                                        .relayed = false});
    if (!added) return pass(added);
    // Nothing rings where nobody could answer.
    if (!*added || !make_media_) return {};
  }
  came_.push_back({.from = {.contact = contact.id, .device = device}, .content = content, .fresh = fresh});
  return {};
}

void Calls::committed() {
  for (const auto& arrived : std::exchange(came_, {})) handle(arrived);
}

}  // namespace pqc::client
