#include "client/calls/call_machine.h"

#include <algorithm>
#include <utility>

namespace pqc::client {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

std::optional<TimePoint> earlier(std::optional<TimePoint> one, std::optional<TimePoint> other) {
  if (!one || !other) return one ? one : other;
  return std::min(one, other);
}

// How soon a round of the peer's may follow the last one.
TimePoint next_round_at(const CallActive& call) {
  return call.round == 0 ? TimePoint::min() : call.began + limits::call_restart_least;
}

}  // namespace

// One event: what it does to the state, and what follows from it.
class CallMachine::Step {
 public:
  Step(CallMachine& machine, const CallMoment& now) : machine_(machine), now_(now) {}

  void operator()(const PlaceCall& event);
  void operator()(const LocalDescribed& event);
  void operator()(const AcceptCall&);
  void operator()(const DeclineCall&);
  void operator()(const HangUpCall&);
  void operator()(const LeaveCall&);
  void operator()(const MediaConnected& event);
  void operator()(const MediaEnded& event);
  void operator()(const PathSilent& event);
  void operator()(const PathBack& event);
  void operator()(const LocalRestarted& event);
  void operator()(const OfferFailed& event);
  void operator()(const PeerRefused&);
  void operator()(const PeerBeganAnew& event);
  void operator()(const TimePassed&);
  void operator()(const CallArrived& event);

  CallActions actions;

 private:
  template <class T>
  T* in() {
    return std::get_if<T>(&machine_.state_);
  }
  void send(CallPeer to, CallContent content, std::uint32_t except = 0) {
    actions.emplace_back(SendCall{.to = to, .except = except, .content = std::move(content)});
  }
  template <class T>
  void become(T state) {
    machine_.state_ = std::move(state);
    actions.emplace_back(CallChanged{});
  }
  // Ends the call of this state.
  void end(CallOutcome outcome, UnixMillis answered = {});
  // Ends it and tells the other side, whatever that needs in this state: nothing while other devices may still answer.
  void give_up(CallOutcome outcome);
  void decline();
  void note_missed(const CallId& id, const CallPeer& from);

  void arrived(const CallArrived& event, const CallOffer& offer);
  void arrived(const CallPeer& from, const CallId& id, const CallAnswer& answer);
  void arrived(const CallPeer& from, const CallId& id, const CallRestart& restart);
  void arrived(const CallPeer& from, const CallId& id, const CallReject& reject);
  void arrived(const CallPeer& from, const CallId& id, const CallHangup&);
  void arrived(const CallPeer& from, const CallId& id, const CallTaken& taken);
  void arrived(const CallPeer& from, const CallId& id, const CallRinging&);
  bool withdraw_for(const CallPeer& from, const CallId& id);
  bool make_way(const CallPeer& from);
  void answer(const CallPeer& from, const CallId& id, const CallOffer& offer);
  CallActive* active(const CallId& id);
  void restart(CallActive& call, std::uint32_t round);
  void follow_kept(CallActive& call);
  // The call that rings here, is being answered, or was answered here and connects.
  [[nodiscard]] bool is_incoming(const CallPeer& from, const CallId& id) const;

  CallMachine& machine_;
  const CallMoment& now_;
};

std::optional<CallId> call_id(const CallState& state) {
  return std::visit(
      [](const auto& s) -> std::optional<CallId> {
        if constexpr (requires { s.id; })
          return s.id;
        else
          return std::nullopt;
      },
      state);
}

CallPeer call_peer(const CallState& state) {
  return std::visit(
      [](const auto& s) -> CallPeer {
        if constexpr (requires { s.peer; })
          return s.peer;
        else if constexpr (requires { s.from; })
          return s.from;
        else if constexpr (requires { s.contact; })
          return {.contact = s.contact, .device = 0};
        else
          return {};
      },
      state);
}

Direction call_direction(const CallState& state) {
  return std::visit(
      [](const auto& s) {
        if constexpr (requires { s.direction; })
          return s.direction;
        else if constexpr (requires { s.from; })
          return Direction::incoming;
        else
          return Direction::outgoing;
      },
      state);
}

std::optional<TimePoint> call_gives_way(const CallState& state) {
  return std::visit(
      [](const auto& s) -> std::optional<TimePoint> {
        if constexpr (requires { s.gives_way; })
          return s.gives_way;
        else
          return std::nullopt;
      },
      state);
}

std::optional<std::chrono::steady_clock::time_point> CallMachine::deadline() const {
  return std::visit(
      [](const auto& s) -> std::optional<std::chrono::steady_clock::time_point> {
        if constexpr (requires { s.kept; })
          return earlier(s.ends, earlier(s.until, s.kept ? std::optional(next_round_at(s)) : std::nullopt));
        else if constexpr (requires { s.until; })
          return s.until;
        else
          return std::nullopt;
      },
      state_);
}

CallActions CallMachine::on(const CallEvent& event, const CallMoment& now) {
  Step step(*this, now);
  std::visit(step, event);
  return std::move(step.actions);
}

void CallMachine::Step::end(CallOutcome outcome, UnixMillis answered) {
  const auto& state = machine_.state_;
  const auto id = call_id(state);
  if (!id) return;
  CallOver over{.id = *id,
                .contact = call_peer(state).contact,
                .direction = call_direction(state),
                .outcome = outcome,
                .answered = answered,
                .ended = now_.wall};
  if (in<CallRingingHere>() == nullptr) actions.emplace_back(CloseMedia{*id});
  machine_.state_ = CallIdle{};
  actions.emplace_back(over);
}

void CallMachine::Step::give_up(CallOutcome outcome) {
  if (const auto* calling = in<CallCalling>()) {
    send({.contact = calling->contact, .device = 0}, {.call = calling->id, .what = CallHangup{}});
  } else if (const auto* connecting = in<CallConnecting>()) {
    send(connecting->peer, {.call = connecting->id, .what = CallHangup{}});
  } else if (const auto* active = in<CallActive>()) {
    send(active->peer, {.call = active->id, .what = CallHangup{}});
    return end(outcome, active->since);
  }
  end(outcome);
}

// A call that never had a state here.
void CallMachine::Step::note_missed(const CallId& id, const CallPeer& from) {
  actions.emplace_back(CallOver{.id = id,
                                .contact = from.contact,
                                .direction = Direction::incoming,
                                .outcome = CallOutcome::missed,
                                .answered = {},
                                .ended = now_.wall});
}

void CallMachine::Step::operator()(const PlaceCall& event) {
  if (!machine_.idle()) return;
  become(CallPreparing{.id = event.id, .contact = event.contact});
  actions.emplace_back(PrepareMedia{.id = event.id, .offering = true});
}

void CallMachine::Step::operator()(const LocalDescribed& event) {
  if (const auto* preparing = in<CallPreparing>(); preparing != nullptr && preparing->id == event.id) {
    const auto contact = preparing->contact;
    send({.contact = contact, .device = 0},
         {.call = event.id,
          .what =
              CallOffer{.offered_at = now_.wall, .secret = event.half.secret, .description = event.half.description}});
    return become(CallCalling{.id = event.id,
                              .contact = contact,
                              .ours = event.half,
                              .rings = false,
                              .until = now_.steady + machine_.timing_.ringing});
  }
  const auto* answering = in<CallAnswering>();
  if (answering == nullptr || answering->id != event.id) return;
  const auto from = answering->from;
  send(from,
       {.call = event.id, .what = CallAnswer{.secret = event.half.secret, .description = event.half.description}});
  actions.emplace_back(ConnectMedia{.id = event.id,
                                    .offering = false,
                                    .peer = from,
                                    .ours = event.half,
                                    .their_secret = answering->offer.secret,
                                    .theirs = answering->offer.description});
  std::optional<TimePoint> gives_way;
  if (machine_.timing_.gives_way) gives_way = now_.steady + machine_.timing_.connecting_gives_way;
  become(CallConnecting{.id = event.id,
                        .peer = from,
                        .direction = Direction::incoming,
                        .until = now_.steady + machine_.timing_.connecting,
                        .gives_way = gives_way});
}

void CallMachine::Step::operator()(const AcceptCall&) {
  const auto* ringing = in<CallRingingHere>();
  if (ringing == nullptr) return;
  answer(CallPeer(ringing->from), CallId(ringing->id), CallOffer(ringing->offer));
}

void CallMachine::Step::answer(const CallPeer& from, const CallId& id, const CallOffer& offer) {
  become(CallAnswering{.id = id, .from = from, .offer = offer, .until = now_.steady + machine_.timing_.connecting});
  actions.emplace_back(PrepareMedia{.id = id, .offering = false});
}

// Said for all devices of the account: only where the user wants it so.
void CallMachine::Step::decline() {
  send(call_peer(machine_.state_), {.call = *call_id(machine_.state_), .what = CallReject{}});
  end(CallOutcome::declined);
}

void CallMachine::Step::operator()(const DeclineCall&) {
  if (in<CallRingingHere>() != nullptr) decline();
}

void CallMachine::Step::operator()(const HangUpCall&) {
  if (in<CallActive>() != nullptr) return give_up(CallOutcome::completed);
  if (in<CallRingingHere>() != nullptr || in<CallAnswering>() != nullptr) return decline();
  give_up(in<CallConnecting>() != nullptr ? CallOutcome::failed : CallOutcome::cancelled);
}

void CallMachine::Step::operator()(const LeaveCall&) {
  if (in<CallRingingHere>() != nullptr) return;
  if (in<CallAnswering>() != nullptr) return end(CallOutcome::failed);
  (*this)(HangUpCall{});
}

void CallMachine::Step::operator()(const MediaConnected& event) {
  const auto* connecting = in<CallConnecting>();
  if (connecting == nullptr || connecting->id != event.id) return;
  const auto after = [this](auto time) { return now_.steady + time; };
  become(CallActive{.id = event.id,
                    .peer = connecting->peer,
                    .direction = connecting->direction,
                    .since = now_.wall,
                    .ends = machine_.timing_.longest.transform(after),
                    .gives_way = machine_.timing_.gives_way.transform(after)});
}

void CallMachine::Step::operator()(const MediaEnded& event) {
  if (call_id(machine_.state_) != event.id) return;
  const bool completed = event.orderly && in<CallActive>() != nullptr;
  give_up(completed ? CallOutcome::completed : CallOutcome::failed);
}

CallActive* CallMachine::Step::active(const CallId& id) {
  auto* call = in<CallActive>();
  return call != nullptr && call->id == id ? call : nullptr;
}

void CallMachine::Step::restart(CallActive& call, std::uint32_t round) {
  call.round = round;
  call.began = now_.steady;
  actions.emplace_back(RestartMedia{.id = call.id, .round = round});
}

// A new round where none is under way, or waits to be. Who has moved knows that what was told of the last one does not
// hold any more.
void CallMachine::Step::operator()(const PathSilent& event) {
  auto* call = active(event.id);
  if (call == nullptr) return;
  if (!event.moved && !call->until) {
    call->until = now_.steady + machine_.timing_.reconnecting;
    actions.emplace_back(CallChanged{});
  }
  const auto least = event.moved ? limits::call_restart_least : limits::call_restart_again;
  const bool under_way = call->kept || (call->round != 0 && now_.steady - call->began < least);
  if (!under_way && call->round < limits::call_restarts) restart(*call, call->round + 1);
}

void CallMachine::Step::operator()(const PathBack& event) {
  auto* call = active(event.id);
  if (call == nullptr || !call->until) return;
  call->until.reset();
  actions.emplace_back(CallChanged{});
}

void CallMachine::Step::operator()(const LocalRestarted& event) {
  const auto* call = active(event.id);
  if (call == nullptr || call->round != event.round) return;
  send(call->peer, {.call = event.id, .what = CallRestart{.round = event.round, .path = event.path}});
}

// Each round costs sockets and allocations, so it is not for the peer to say how fast they come.
void CallMachine::Step::follow_kept(CallActive& call) {
  if (!call.kept || now_.steady < next_round_at(call)) return;
  const auto theirs = *std::exchange(call.kept, std::nullopt);
  restart(call, theirs.round);
  actions.emplace_back(FollowPeer{.id = call.id, .round = theirs.round, .theirs = theirs.path});
}

// Both sides may begin the same round; who is behind follows.
void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallRestart& what) {
  auto* call = active(id);
  if (call == nullptr || call->peer != from || what.round < call->round) return;
  if (what.round == call->round) {
    actions.emplace_back(FollowPeer{.id = id, .round = what.round, .theirs = what.path});
    return;
  }
  if (!call->kept || what.round >= call->kept->round) call->kept = what;
  follow_kept(*call);
}

void CallMachine::Step::operator()(const OfferFailed& event) {
  const bool ours = in<CallPreparing>() != nullptr || in<CallCalling>() != nullptr;
  if (ours && call_id(machine_.state_) == event.id) end(CallOutcome::unreachable);
}

// What rings here stops without a word.
void CallMachine::Step::operator()(const PeerRefused&) {
  if (in<CallRingingHere>() != nullptr) return end(CallOutcome::missed);
  give_up(in<CallActive>() != nullptr ? CallOutcome::completed : CallOutcome::failed);
}

// Once, so that a device that begins anew all the time gets no more.
void CallMachine::Step::operator()(const PeerBeganAnew& event) {
  auto* calling = in<CallCalling>();
  if (calling == nullptr || calling->contact != event.peer.contact || calling->rings) return;
  if (std::exchange(calling->again, true)) return;
  const auto& ours = calling->ours;
  send(event.peer,
       {.call = calling->id,
        .what = CallOffer{.offered_at = now_.wall, .secret = ours.secret, .description = ours.description}});
}

void CallMachine::Step::operator()(const TimePassed&) {
  if (auto* call = in<CallActive>()) {
    follow_kept(*call);
    if (call->ends && now_.steady >= *call->ends) return give_up(CallOutcome::completed);
    if (!call->until || now_.steady < *call->until) return;
  }
  const auto until = machine_.deadline();
  if (!until || now_.steady < *until) return;
  if (const auto* calling = in<CallCalling>())
    return give_up(calling->rings ? CallOutcome::unanswered : CallOutcome::unreachable);
  if (in<CallRingingHere>() != nullptr) return end(CallOutcome::missed);
  give_up(CallOutcome::failed);
}

void CallMachine::Step::operator()(const CallArrived& event) {
  if (event.content.call == CallId{}) return;  // it broke a rule
  if (const auto* offer = std::get_if<CallOffer>(&event.content.what)) return arrived(event, *offer);
  std::visit(
      [&](const auto& what) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(what)>, CallOffer>)
          arrived(event.from, event.content.call, what);
      },
      event.content.what);
}

void CallMachine::Step::arrived(const CallArrived& event, const CallOffer& offer) {
  const auto& from = event.from;
  const auto& id = event.content.call;
  const auto left = machine_.timing_.ringing - event.age;
  if (std::ranges::find(machine_.known_, id) != machine_.known_.end() || call_id(machine_.state_) == id) return;
  machine_.known_.push_back(id);
  if (machine_.known_.size() > limits::call_known_ids) machine_.known_.pop_front();
  if (!event.fresh || left <= left.zero()) return note_missed(id, from);
  if (withdraw_for(from, id)) return answer(from, id, offer);
  if (const auto* calling = in<CallCalling>(); calling != nullptr && calling->contact == from.contact)
    return;  // ours stands: they will withdraw this one
  if (!machine_.idle() && !make_way(from)) {
    send(from, {.call = id, .what = CallReject{.busy = true}});
    return note_missed(id, from);
  }
  send(from, {.call = id, .what = CallRinging{}});
  become(CallRingingHere{.id = id, .from = from, .offer = offer, .until = now_.steady + left});
}

// Glare (docs/spec/calls.md §4): whether our call to the same person gives way to theirs.
bool CallMachine::Step::withdraw_for(const CallPeer& from, const CallId& id) {
  const auto* calling = in<CallCalling>();
  const auto* preparing = in<CallPreparing>();
  const bool offered = calling != nullptr && calling->contact == from.contact && id < calling->id;
  const bool not_yet = preparing != nullptr && preparing->contact == from.contact;
  if (!offered && !not_yet) return false;
  if (offered) send({.contact = from.contact, .device = 0}, {.call = calling->id, .what = CallHangup{}});
  end(CallOutcome::withdrawn);
  return true;
}

// Of a service (docs/spec/calls.md §10): whether the call that is up, or connects, ends for that of somebody else, or
// for another one of the same device, which has lost it.
bool CallMachine::Step::make_way(const CallPeer& from) {
  const auto gives_way = call_gives_way(machine_.state_);
  if (!gives_way) return false;
  const auto peer = call_peer(machine_.state_);
  const bool of_another = peer.contact != from.contact;
  if (of_another ? now_.steady < *gives_way : peer != from) return false;
  give_up(in<CallActive>() != nullptr ? CallOutcome::completed : CallOutcome::failed);
  return true;
}

void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallAnswer& answer) {
  const auto* calling = in<CallCalling>();
  if (calling == nullptr || calling->id != id || calling->contact != from.contact) return;
  send({.contact = from.contact, .device = 0}, {.call = id, .what = CallTaken{}}, from.device);
  actions.emplace_back(ConnectMedia{.id = id,
                                    .offering = true,
                                    .peer = from,
                                    .ours = calling->ours,
                                    .their_secret = answer.secret,
                                    .theirs = answer.description});
  become(CallConnecting{
      .id = id, .peer = from, .direction = Direction::outgoing, .until = now_.steady + machine_.timing_.connecting});
}

void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallReject& reject) {
  const auto* calling = in<CallCalling>();
  if (calling == nullptr || calling->id != id || calling->contact != from.contact) return;
  CallContent others{.call = id, .what = CallHangup{}};
  if (!reject.busy) others.what = CallTaken{.declined = true};
  send({.contact = from.contact, .device = 0}, std::move(others), from.device);
  end(reject.busy ? CallOutcome::busy : CallOutcome::declined);
}

bool CallMachine::Step::is_incoming(const CallPeer& from, const CallId& id) const {
  const auto& state = machine_.state_;
  return call_id(state) == id && call_peer(state) == from && call_direction(state) == Direction::incoming;
}

void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallHangup&) {
  if (call_id(machine_.state_) != id || call_peer(machine_.state_) != from) return;
  if (const auto* active = in<CallActive>()) return end(CallOutcome::completed, active->since);
  if (in<CallConnecting>() != nullptr) return end(CallOutcome::failed);
  end(CallOutcome::missed);
}

void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallTaken& taken) {
  if (!is_incoming(from, id) || in<CallActive>() != nullptr) return;
  end(taken.declined ? CallOutcome::declined : CallOutcome::answered_elsewhere);
}

void CallMachine::Step::arrived(const CallPeer& from, const CallId& id, const CallRinging&) {
  auto* calling = in<CallCalling>();
  if (calling == nullptr || calling->id != id || calling->contact != from.contact || calling->rings) return;
  calling->rings = true;
  actions.emplace_back(CallChanged{});
}

}  // namespace pqc::client
