#include "client/calls/call_intake.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"

namespace pqc::client {

bool CallIntake::is_welcome(const ContactRow& contact) const {
  return (contact.state == ContactState::accepted || of_strangers_) && !contact.barred;
}

// Before an offer costs anything. Old ones, of which a mailbox may hold many, by the times at which they were sent.
bool CallIntake::within_limit(const ContactRow& contact, bool fresh, UnixMillis received_at) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  const milliseconds sent(std::clamp<std::int64_t>(received_at.value, 0, core_.server_now().value));
  const bool within = fresh ? fresh_offers_.take(contact.id, now) : old_offers_.take(contact.id, sent);
  if (!within) log(LogLevel::info, "call.too_many_offers", {{"peer", contact.peer}});
  return within;
}

bool CallIntake::is_fresh(const ContactRow& contact, const CallOffer& offer, UnixMillis received_at) const {
  const auto by_caller = core_.server_now() - offer.offered_at;
  return by_caller <= limits::call_offer_lifetime && by_caller >= -limits::call_offer_lifetime &&
         core_.server_now() - received_at <= limits::call_offer_lifetime && !contact.blocked();
}

// By a caller's clock that is ahead of ours, none.
std::chrono::milliseconds CallIntake::age_of(const CallOffer& offer) const {
  return std::max(std::chrono::milliseconds(core_.server_now() - offer.offered_at), std::chrono::milliseconds(0));
}

Result<std::optional<CallArrived>> CallIntake::take(const CallPeer& from, const ContactRow& contact,
                                                    const CallContent& content, UnixMillis received_at,
                                                    const Here& here) {
  // Strangers ring nowhere and learn nothing (THREATS 16), nor does whom the user blocked.
  if (!is_welcome(contact)) {
    log(LogLevel::info, "call.of_a_stranger");
    return std::nullopt;
  }
  bool fresh = true;
  std::chrono::milliseconds age{0};
  if (const auto* offer = std::get_if<CallOffer>(&content.what)) {
    fresh = is_fresh(contact, *offer, received_at);
    age = age_of(*offer);
    if (!within_limit(contact, fresh, received_at)) return std::nullopt;
    auto added = take_offer({.from = from, .received_at = received_at, .content = content},
                            fresh && !here.call && !of_strangers_);
    if (!added) return pass(added);
    // Nothing rings where nobody could answer.
    if (!*added || !here.takes_calls) return std::nullopt;
  } else if (here.call != content.call) {
    if (auto heard = hear_of_waiting(from, content); !heard) return pass(heard);
  }
  return CallArrived{.from = from, .content = content, .fresh = fresh, .age = age};
}

// It is a missed call until it is another one. False where it was known. Of a service nothing waits: with several
// lines, another one could take the same offer a second time.
Result<bool> CallIntake::take_offer(const WaitingOffer& offer, bool may_wait) {
  auto added = core_.store.calls.add({.id = offer.content.call,
                                      .contact = offer.from.contact,
                                      .direction = Direction::incoming,
                                      .outcome = CallOutcome::missed,
                                      .started = core_.clock.now(),
                                      .answered = {},
                                      .ended = {},
                                      .relayed = false});
  if (!added || !*added) return added;
  if (may_wait)
    if (auto kept = waiting_.keep(offer); !kept) return pass(kept);
  return true;
}

// Of a call that rings nowhere in this program.
Status CallIntake::hear_of_waiting(const CallPeer& from, const CallContent& content) {
  const auto* taken = std::get_if<CallTaken>(&content.what);
  if (taken == nullptr && !std::holds_alternative<CallHangup>(content.what)) return {};
  auto waiting = waiting_.find();
  if (!waiting) return pass(waiting);
  if (!*waiting || (*waiting)->content.call != content.call || (*waiting)->from != from) return {};
  const auto outcome = taken == nullptr  ? CallOutcome::missed
                       : taken->declined ? CallOutcome::declined
                                         : CallOutcome::answered_elsewhere;
  if (auto ended = core_.store.calls.set_end({.id = content.call,
                                              .contact = from.contact,
                                              .direction = Direction::incoming,
                                              .outcome = outcome,
                                              .started = {},
                                              .answered = {},
                                              .ended = core_.clock.now(),
                                              .relayed = false});
      !ended)
    return ended;
  return waiting_.forget(content.call);
}

bool CallIntake::waits() const {
  const auto waiting = waiting_.find();
  return waiting && *waiting;
}

Result<bool> CallIntake::may_ring(const WaitingOffer& offer) const {
  auto contact = core_.store.contacts.find(offer.from.contact);
  if (!contact) return pass(contact);
  return *contact && is_welcome(**contact) &&
         is_fresh(**contact, std::get<CallOffer>(offer.content.what), offer.received_at);
}

std::optional<CallId> CallIntake::waiting_call() const {
  const auto waiting = waiting_.find();
  if (!waiting || !*waiting || !may_ring(**waiting).value_or(false)) return std::nullopt;
  return (*waiting)->content.call;
}

std::optional<CallArrived> CallIntake::waiting() {
  const auto waiting = waiting_.find();
  if (!waiting || !*waiting) return std::nullopt;
  const auto& offer = **waiting;
  const auto rings = may_ring(offer);
  if (!rings) return std::nullopt;
  if (*rings)
    return CallArrived{.from = offer.from,
                       .content = offer.content,
                       .fresh = true,
                       .age = age_of(std::get<CallOffer>(offer.content.what))};
  if (const auto forgotten = waiting_.forget(offer.content.call); !forgotten)
    log(LogLevel::error, "call.not_stored", {{"why", forgotten.error().message}});
  return std::nullopt;
}

}  // namespace pqc::client
