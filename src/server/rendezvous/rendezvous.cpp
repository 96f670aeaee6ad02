#include "server/rendezvous/rendezvous.h"

#include <algorithm>

namespace pqc::server::rendezvous {
namespace {

template <class Key>
void add(std::map<Key, std::size_t>& counts, const Key& key, std::ptrdiff_t slots) {
  auto& held = counts[key];
  held += static_cast<std::size_t>(slots);
  if (held == 0) counts.erase(key);
}

template <class Key>
std::size_t held_by(const std::map<Key, std::size_t>& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

// None of an IPv4 address: its neighbours are other people.
std::optional<Rendezvous::Site> Rendezvous::site_of(const Source& source) {
  if (source[0] == 0 && source[1] == 0 && source[2] == 0xFF && source[3] == 0xFF) return std::nullopt;
  Site out;
  std::copy_n(source.begin(), out.size(), out.begin());
  return out;
}

bool Rendezvous::may_take_one(const Source& source) const {
  const auto site = site_of(source);
  return held_by(of_source_, source) < max_slots_of_source && (!site || held_by(of_site_, *site) < max_slots_of_site);
}

void Rendezvous::count(const Source& source, std::ptrdiff_t slots) {
  add(of_source_, source, slots);
  if (const auto site = site_of(source)) add(of_site_, *site, slots);
}

void Rendezvous::forget_old(Time now) {
  for (; !ends_.empty() && ends_.front().first <= now; ends_.pop_front()) {
    const auto found = slots_.find(ends_.front().second);
    if (found->second.source) count(*found->second.source, -1);
    slots_.erase(found);
  }
}

Meeting Rendezvous::meet(const Slot& slot, ByteView sealed, const std::optional<Source>& source, Time now) {
  forget_old(now);
  const auto found = slots_.find(slot);
  if (found == slots_.end()) {
    if (slots_.size() >= max_slots) return {.outcome = Outcome::full, .other = {}, .left = {}};
    if (source && !may_take_one(*source)) return {.outcome = Outcome::greedy, .other = {}, .left = {}};
    const auto end = now + slot_lifetime;
    slots_.emplace(slot, Entry{.first = to_bytes(sealed), .second = {}, .tell = {}, .end = end, .source = source});
    if (source) count(*source, 1);
    ends_.emplace_back(end, slot);
    return {.outcome = Outcome::waiting, .other = {}, .left = slot_lifetime};
  }
  auto& entry = found->second;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(entry.end - now);
  if (equal(entry.first, sealed)) {
    const auto outcome = entry.second.empty() ? Outcome::waiting : Outcome::met;
    return {.outcome = outcome, .other = entry.second, .left = left};
  }
  if (entry.second.empty()) {
    entry.second = to_bytes(sealed);
    if (const auto tell = std::exchange(entry.tell, nullptr)) tell(entry.second);
  }
  if (!equal(entry.second, sealed)) return {.outcome = Outcome::taken, .other = {}, .left = left};
  return {.outcome = Outcome::met, .other = entry.first, .left = left};
}

void Rendezvous::wait(const Slot& slot, std::function<void(ByteView)> tell) {
  if (const auto found = slots_.find(slot); found != slots_.end() && found->second.second.empty())
    found->second.tell = std::move(tell);
}

}  // namespace pqc::server::rendezvous
