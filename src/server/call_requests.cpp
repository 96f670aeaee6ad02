#include "server/call_requests.h"

#include <algorithm>
#include <utility>

#include "server/session.h"

namespace pqc::server {
namespace {

using Body = v1::ClientFrame;

v1::ErrorCode code_of(calls::Failure failure) {
  switch (failure) {
    case calls::Failure::unknown:
      return v1::ERROR_UNKNOWN_CALL;
    case calls::Failure::conflict:
      return v1::ERROR_CONFLICT;
    case calls::Failure::quota:
      return v1::ERROR_QUOTA;
    case calls::Failure::full:
      return v1::ERROR_UNAVAILABLE;
    case calls::Failure::too_large:
      return v1::ERROR_TOO_LARGE;
  }
  return v1::ERROR_UNAVAILABLE;
}

v1::CallStatus::State state_of(calls::State state) {
  switch (state) {
    case calls::State::ringing:
      return v1::CallStatus::ringing;
    case calls::State::active:
      return v1::CallStatus::active;
    case calls::State::rejected:
      return v1::CallStatus::rejected;
    case calls::State::ended:
      return v1::CallStatus::ended;
  }
  return v1::CallStatus::unknown;
}

calls::Now now_of(const Services& services) {
  return {.steady = std::chrono::steady_clock::now(), .wall = services.clock.now()};
}

bool within_rates(Services& services, const relay::Sender& owner, const v1::ClientFrame& frame) {
  auto& table = frame.has_call_initiate() ? services.call_starts : services.call_requests;
  if (table.take(owner.account_id.value)) return true;
  ++services.counters.rate_limited;
  return false;
}

std::string_view id_in(const v1::ClientFrame& frame) {
  switch (frame.body_case()) {
    case Body::kCallInitiate:
      return frame.call_initiate().call_id();
    case Body::kCallAccept:
      return frame.call_accept().call_id();
    case Body::kCallReject:
      return frame.call_reject().call_id();
    case Body::kCallHangup:
      return frame.call_hangup().call_id();
    case Body::kFetchCall:
      return frame.fetch_call().call_id();
    default:
      return {};
  }
}

std::expected<const calls::Call*, v1::ErrorCode> initiate(Services& services, const calls::CallId& id,
                                                          const relay::Sender& owner, const v1::CallInitiate& request) {
  const auto callee = accounts::parse_account(request.to(), services.server_name);
  if (!callee) return std::unexpected(callee.error().code);
  if (callee->text() == owner.account) return std::unexpected(v1::ERROR_MALFORMED);
  std::vector<calls::Offer> offers;
  for (const auto& offer : request.offers())
    offers.push_back({.device = offer.device(), .body = to_bytes(as_bytes(offer.body()))});
  const auto made = services.calls.initiate(id, owner.account, callee->text(), std::move(offers), now_of(services));
  if (!made) return std::unexpected(code_of(made.error()));
  ++services.counters.calls;
  return *made;
}

calls::Registry::Answer change(Services& services, const calls::CallId& id, const relay::Sender& owner,
                               Body::BodyCase body) {
  const auto now = now_of(services);
  switch (body) {
    case Body::kCallAccept:
      return services.calls.accept(id, owner.account, now);
    case Body::kCallReject:
      return services.calls.reject(id, owner.account, now);
    case Body::kCallHangup:
      return services.calls.hang_up(id, owner.account, now);
    default:
      return services.calls.find(id, owner.account);
  }
}

}  // namespace

bool is_call_request(Body::BodyCase body) {
  return body == Body::kCallInitiate || body == Body::kCallAccept || body == Body::kCallReject ||
         body == Body::kCallHangup || body == Body::kFetchCall;
}

v1::CallStatus status_of(const calls::Call& call, std::string_view account, std::uint32_t device) {
  v1::CallStatus out;
  out.set_call_id(to_hex(call.id));
  out.set_state(state_of(call.state));
  out.set_caller(call.caller);
  out.set_callee(call.callee);
  out.set_started_at(call.started.value);
  out.set_answered_at(call.answered.value);
  out.set_ended_at(call.ended.value);
  if (account != call.callee) return out;
  const auto offer = std::ranges::find(call.offers, device, &calls::Offer::device);
  if (offer != call.offers.end()) out.set_offer(offer->body.data(), offer->body.size());
  return out;
}

void expire_calls(Services& services) {
  for (const auto& call : services.calls.expire(now_of(services))) Session::tell_call(services, call);
}

std::expected<v1::CallStatus, v1::ErrorCode> answer_call(Services& services, const relay::Sender& owner,
                                                         const v1::ClientFrame& frame) {
  if (!within_rates(services, owner, frame)) return std::unexpected(v1::ERROR_RATE_LIMITED);
  const auto id = calls::parse_call_id(id_in(frame));
  if (!id) return std::unexpected(v1::ERROR_MALFORMED);
  expire_calls(services);
  std::expected<const calls::Call*, v1::ErrorCode> call = nullptr;
  if (frame.has_call_initiate())
    call = initiate(services, *id, owner, frame.call_initiate());
  else
    call = change(services, *id, owner, frame.body_case()).transform_error(code_of);
  if (!call) return std::unexpected(call.error());
  if (!frame.has_fetch_call()) Session::tell_call(services, **call);
  return status_of(**call, owner.account, owner.device);
}

}  // namespace pqc::server
