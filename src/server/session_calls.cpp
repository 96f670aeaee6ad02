// Session: requests about calls, and who is told of them (docs/spec/calls.md §8).
#include "server/call_requests.h"
#include "server/session.h"

namespace pqc::server {

void Session::call(std::uint64_t id, const v1::ClientFrame& frame) {
  auto status = answer_call(services_, *owner_, frame);
  if (!status) return fail(id, status.error());
  *answer(id).mutable_call_status() = std::move(*status);
  send(services_.answer);
}

void Session::tell_call(Services& services, const calls::Call& call) {
  for (const auto& account : {call.caller, call.callee}) {
    const auto [begin, end] = services.people.equal_range(account);
    for (auto it = begin; it != end; ++it) it->second->push_call(call);
  }
}

void Session::push_call(const calls::Call& call) {
  *answer(0).mutable_call_status() = status_of(call, owner_->account, owner_->device);
  send(services_.answer);
}

std::string Session::issue_token() {
  auto issued = services_.tokens.issue(weak_from_this(), services_.rng, std::chrono::steady_clock::now());
  token_ = issued.hash;
  return std::move(issued.token);
}

// Not reachable by its name or token any more.
void Session::leave_people() {
  services_.tokens.forget(token_);
  const auto [begin, end] = services_.people.equal_range(owner_->account);
  const auto own = std::find_if(begin, end, [this](const auto& entry) { return entry.second == this; });
  if (own != end) services_.people.erase(own);
}

}  // namespace pqc::server
