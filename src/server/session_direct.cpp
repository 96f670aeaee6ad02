// Session: what people need who go direct: meeting by a code, and access to a relay.
#include <algorithm>
#include <memory>
#include <utility>

#include "server/session.h"

namespace pqc::server {

// The answer comes with the other's, at the latest after longest_wait. Nothing of an account is in it, so strangers may
// ask too; where it is off they are refused like for anything else.
void Session::meet(std::uint64_t id, const v1::Meet& request) {
  if (!services_.rendezvous) return refuse(id, {v1::ERROR_REFUSED, "no rendezvous here"});
  const auto& address = connection_->address();
  const bool here = net::is_loopback(address);
  if (!here && !services_.meetings.take({address.begin(), address.end()})) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  const auto bytes = as_bytes(request.slot());
  const auto sealed = as_bytes(request.sealed());
  if (bytes.size() != rendezvous::slot_size || sealed.empty()) return fail(id, v1::ERROR_MALFORMED);
  if (sealed.size() > rendezvous::max_sealed_size) return fail(id, v1::ERROR_TOO_LARGE);
  rendezvous::Slot slot;
  std::ranges::copy(bytes, slot.begin());
  const auto source = here ? std::nullopt : std::optional<rendezvous::Source>(address);
  const auto meeting = services_.rendezvous->meet(slot, sealed, source, request_came_);
  switch (meeting.outcome) {
    case rendezvous::Outcome::met:
      return answer_met(id, meeting.other);
    case rendezvous::Outcome::taken:
      return fail(id, v1::ERROR_CONFLICT, "two others have met with this code");
    case rendezvous::Outcome::full:
      return fail(id, v1::ERROR_UNAVAILABLE);
    case rendezvous::Outcome::greedy:
      ++services_.counters.rate_limited;
      return fail(id, v1::ERROR_RATE_LIMITED);
    case rendezvous::Outcome::waiting:
      return wait_for_other(id, slot, meeting.left);
  }
}

void Session::wait_for_other(std::uint64_t id, const rendezvous::Slot& slot, std::chrono::milliseconds left) {
  const auto pending = std::make_shared<bool>(true);
  const auto weak = weak_from_this();
  services_.rendezvous->wait(slot, [weak, id, pending](ByteView other) {
    const auto self = weak.lock();
    if (std::exchange(*pending, false) && self && self->is_open()) self->answer_met(id, other);
  });
  services_.at(request_came_ + rendezvous::longest_wait, [weak, id, pending, left] {
    const auto self = weak.lock();
    if (!std::exchange(*pending, false) || !self || !self->is_open()) return;
    const auto rest = std::max(left - rendezvous::longest_wait, std::chrono::milliseconds(0));
    self->answer(id).mutable_waiting()->set_left_ms(static_cast<std::uint64_t>(rest.count()));
    self->send(self->services_.answer);
  });
}

void Session::answer_met(std::uint64_t id, ByteView other) {
  ++services_.counters.meetings;
  answer(id).mutable_met()->set_sealed(other.data(), other.size());
  send(services_.answer);
}

void Session::fetch_turn_access(std::uint64_t id) {
  if (!may_look_up(id)) return;
  auto& out = *answer(id).mutable_turn_access();
  if (services_.turn) {
    const auto access = services_.turn->access(owner_->account_id.value, services_.clock.now());
    out.set_username(access.username);
    out.set_password(access.password);
    out.set_lifetime_ms(static_cast<std::uint64_t>(std::chrono::milliseconds(turn::lifetime).count()));
    for (const auto& uri : services_.turn->uris()) out.add_uris(uri);
    ++services_.counters.turn_accesses;
  }
  send(services_.answer);
}

}  // namespace pqc::server
