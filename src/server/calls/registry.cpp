#include "server/calls/registry.h"

#include <algorithm>
#include <numeric>

namespace pqc::server::calls {
namespace {

std::size_t bytes_of(const std::vector<Offer>& offers) {
  return std::accumulate(offers.begin(), offers.end(), std::size_t{0},
                         [](std::size_t sum, const Offer& offer) { return sum + offer.body.size(); });
}

bool fits(const std::vector<Offer>& offers) {
  return offers.size() <= max_offers &&
         std::ranges::all_of(offers, [](const Offer& offer) { return offer.body.size() <= max_offer_size; });
}

std::chrono::steady_clock::duration lifetime_of(State state) {
  switch (state) {
    case State::ringing:
      return ringing_lifetime;
    case State::active:
      return active_lifetime;
    case State::rejected:
    case State::ended:
      return memory_of_ended;
  }
  return memory_of_ended;
}

}  // namespace

std::optional<CallId> parse_call_id(std::string_view text) {
  CallId id{};
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != id.size() || to_hex(*bytes) != text) return std::nullopt;
  std::ranges::copy(*bytes, id.begin());
  if (id == CallId{}) return std::nullopt;
  return id;
}

Registry::Answer Registry::initiate(const CallId& id, std::string_view caller, std::string_view callee,
                                    std::vector<Offer> offers, const Now& now) {
  if (calls_.contains(id)) return std::unexpected(Failure::conflict);
  const std::string name(caller);
  if (const auto live = live_.find(name); live != live_.end() && live->second >= max_live_calls_of_account)
    return std::unexpected(Failure::quota);
  if (!fits(offers)) return std::unexpected(Failure::too_large);
  const auto bytes = bytes_of(offers);
  if (calls_.size() >= max_calls || offer_bytes_ + bytes > max_offer_bytes) return std::unexpected(Failure::full);
  offer_bytes_ += bytes;
  ++live_[name];
  auto& entry = calls_[id];
  entry.call = {.id = id,
                .caller = name,
                .callee = std::string(callee),
                .state = State::ringing,
                .started = now.wall,
                .answered = {},
                .ended = {},
                .offers = std::move(offers)};
  entry.until = now.steady + ringing_lifetime;
  ends_.emplace(entry.until, id);
  return &entry.call;
}

std::expected<Registry::Entry*, Failure> Registry::ringing_for(const CallId& id, std::string_view callee) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return std::unexpected(Failure::unknown);
  auto& call = found->second.call;
  if (call.caller == callee) return std::unexpected(Failure::conflict);  // one does not answer oneself
  if (call.callee != callee) return std::unexpected(Failure::unknown);
  if (call.state != State::ringing) return std::unexpected(Failure::conflict);
  return &found->second;
}

Registry::Answer Registry::accept(const CallId& id, std::string_view account, const Now& now) {
  const auto entry = ringing_for(id, account);
  if (!entry) return std::unexpected(entry.error());
  set_state(**entry, State::active, now);
  return &(*entry)->call;
}

Registry::Answer Registry::reject(const CallId& id, std::string_view account, const Now& now) {
  const auto entry = ringing_for(id, account);
  if (!entry) return std::unexpected(entry.error());
  set_state(**entry, State::rejected, now);
  return &(*entry)->call;
}

Registry::Answer Registry::hang_up(const CallId& id, std::string_view account, const Now& now) {
  if (const auto known = find(id, account); !known) return known;
  auto& entry = calls_.at(id);
  if (!entry.call.live()) return std::unexpected(Failure::conflict);
  set_state(entry, State::ended, now);
  return &entry.call;
}

Registry::Answer Registry::find(const CallId& id, std::string_view account) const {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return std::unexpected(Failure::unknown);
  const auto& call = found->second.call;
  if (call.caller != account && call.callee != account) return std::unexpected(Failure::unknown);
  return &call;
}

void Registry::drop_offers(Call& call) {
  offer_bytes_ -= bytes_of(call.offers);
  std::vector<Offer>().swap(call.offers);
}

void Registry::set_state(Entry& entry, State state, const Now& now) {
  auto& call = entry.call;
  call.state = state;
  if (state == State::active) call.answered = now.wall;
  if (!call.live()) {
    call.ended = now.wall;
    if (const auto live = live_.find(call.caller); live != live_.end() && --live->second == 0) live_.erase(live);
  }
  drop_offers(call);
  ends_.erase({entry.until, call.id});
  entry.until = now.steady + lifetime_of(state);
  ends_.emplace(entry.until, call.id);
}

std::vector<Call> Registry::expire(const Now& now) {
  std::vector<Call> ended;
  while (!ends_.empty() && ends_.begin()->first <= now.steady) {
    const auto id = ends_.begin()->second;
    auto& entry = calls_.at(id);
    if (entry.call.live()) {
      set_state(entry, State::ended, now);
      ended.push_back(entry.call);
    } else {
      ends_.erase(ends_.begin());
      calls_.erase(id);
    }
  }
  return ended;
}

}  // namespace pqc::server::calls
