// Session: linking a new device (docs/spec/devices.md §9).
#include <algorithm>
#include <utility>

#include "server/session.h"

namespace pqc::server {

std::optional<LinkId> to_link_id(ByteView bytes) {
  LinkId id{};
  if (bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(bytes, id.begin());
  return id;
}

std::shared_ptr<Session> Links::Link::other(const Session& one) const {
  auto first = guest.lock();
  if (first && first.get() != &one) return first;
  auto second = host.lock();
  return second && second.get() != &one ? second : nullptr;
}

bool Links::open(const LinkId& id, std::weak_ptr<Session> guest, Bytes offer) {
  if (links_.size() >= max_links) return false;
  return links_.try_emplace(id, Link{.guest = std::move(guest), .host = {}, .offer = std::move(offer)}).second;
}

Links::Link* Links::find(const LinkId& id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : &found->second;
}

void Session::open_link(std::uint64_t id, const v1::OpenLink& request) {
  if (state_ != State::stranger || link_) return refuse(id, {v1::ERROR_REFUSED, "a link is open already"});
  const auto link = to_link_id(as_bytes(request.link()));
  if (!link || request.offer().empty()) return fail(id, v1::ERROR_MALFORMED);
  if (request.offer().size() > max_link_offer) return fail(id, v1::ERROR_TOO_LARGE);
  const auto& address = connection_->address();
  const bool may = net::is_loopback(address) || services_.link_openings.take({address.begin(), address.end()});
  if (!may) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  if (!services_.links.open(*link, weak_from_this(), to_bytes(as_bytes(request.offer()))))
    return fail(id, v1::ERROR_UNAVAILABLE);
  link_ = *link;
  connection_->extend_login_deadline(link_lifetime);
  answer(id).mutable_link_opened();
  send(services_.answer);
}

void Session::join_link(std::uint64_t id, const v1::JoinLink& request) {
  if (!may_look_up(id)) return;
  const auto link_id = to_link_id(as_bytes(request.link()));
  if (!link_id) return fail(id, v1::ERROR_MALFORMED);
  leave_link();
  auto* link = services_.links.find(*link_id);
  if (link == nullptr || !link->host.expired() || link->guest.expired()) return fail(id, v1::ERROR_UNKNOWN_DEVICE);
  link->host = weak_from_this();
  link_ = *link_id;
  const auto& offer = link->offer;
  answer(id).mutable_link_joined()->set_offer(offer.data(), offer.size());
  send(services_.answer);
}

void Session::pass_on(std::uint64_t id, const v1::LinkMessage& request) {
  auto* link = link_ ? services_.links.find(*link_) : nullptr;
  const auto other = link != nullptr ? link->other(*this) : nullptr;
  if (!other) return refuse(id, {v1::ERROR_REFUSED, "nobody is linked"});
  if (request.body().empty()) {
    leave_link();
    answer(id).mutable_link_sent();
    return send(services_.answer);
  }
  if (request.body().size() > max_link_body) return fail(id, v1::ERROR_TOO_LARGE);
  if (++link->messages > max_link_messages) return fail(id, v1::ERROR_QUOTA);
  other->answer(0).mutable_link_message()->set_body(request.body());
  other->send(services_.answer);
  answer(id).mutable_link_sent();
  send(services_.answer);
}

void Session::leave_link() {
  const auto id = std::exchange(link_, std::nullopt);
  auto* link = id ? services_.links.find(*id) : nullptr;
  if (link == nullptr) return;
  const auto other = link->other(*this);
  services_.links.close(*id);
  if (!other) return;
  other->link_.reset();
  other->answer(0).mutable_link_ended();
  other->send(services_.answer);
}

}  // namespace pqc::server
