#include "server/rendezvous/rendezvous.h"

namespace pqc::server::rendezvous {

void Rendezvous::forget_old(Time now) {
  for (; !ends_.empty() && ends_.front().first <= now; ends_.pop_front()) slots_.erase(ends_.front().second);
}

Meeting Rendezvous::meet(const Slot& slot, ByteView sealed, Time now) {
  forget_old(now);
  const auto found = slots_.find(slot);
  if (found == slots_.end()) {
    if (slots_.size() >= max_slots) return {.outcome = Outcome::full, .other = {}, .left = {}};
    const auto end = now + slot_lifetime;
    slots_.emplace(slot, Entry{.first = to_bytes(sealed), .second = {}, .tell = {}, .end = end});
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
