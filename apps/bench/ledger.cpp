#include "ledger.h"

#include <algorithm>

namespace pqc::bench {
namespace {

void put(ByteSpan& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
  out = out.subspan(size);
}

std::uint64_t take(ByteView& in, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | in[i];
  in = in.subspan(size);
  return value;
}

}  // namespace

void write_stamp(const Stamp& stamp, ByteSpan body) {
  put(body, stamp.run, 8);
  put(body, stamp.sender, 4);
  put(body, stamp.number, 8);
  put(body, stamp.sent_at, 8);
}

std::optional<Stamp> read_stamp(ByteView body) {
  if (body.size() < stamp_size) return std::nullopt;
  Stamp stamp;
  stamp.run = take(body, 8);
  stamp.sender = static_cast<std::uint32_t>(take(body, 4));
  stamp.number = take(body, 8);
  stamp.sent_at = take(body, 8);
  return stamp;
}

Ledger::Ledger(std::uint64_t run, std::uint32_t senders) : run_(run), senders_(senders) {}

std::uint8_t* Ledger::state_of(std::uint32_t sender, std::uint64_t number) {
  if (sender >= senders_.size()) return nullptr;
  auto& states = senders_[sender].states;
  return number < states.size() ? &states[number] : nullptr;
}

std::uint64_t Ledger::send(std::uint32_t sender) {
  auto& states = senders_.at(sender).states;
  states.push_back(0);
  ++sent_;
  return states.size() - 1;
}

void Ledger::accepted(std::uint32_t sender, std::uint64_t number) {
  auto* state = state_of(sender, number);
  if (state == nullptr || (*state & (was_accepted | was_refused)) != 0) return;
  *state |= was_accepted;
  ++accepted_;
  if ((*state & has_arrived) != 0) ++accepted_and_arrived_;
}

void Ledger::refused(std::uint32_t sender, std::uint64_t number) {
  auto* state = state_of(sender, number);
  if (state == nullptr || (*state & (was_accepted | was_refused)) != 0) return;
  *state |= was_refused;
  ++refused_;
}

void Ledger::arrived(const std::optional<Stamp>& stamp, std::uint32_t receiver_of) {
  const bool ours = stamp && stamp->run == run_ && stamp->sender == receiver_of;
  auto* state = ours ? state_of(stamp->sender, stamp->number) : nullptr;
  if (state == nullptr) {
    ++foreign_;
    return;
  }
  if ((*state & has_arrived) != 0) {
    ++duplicated_;
    return;
  }
  *state |= has_arrived;
  ++arrived_;
  if ((*state & was_accepted) != 0) ++accepted_and_arrived_;
  auto& next = senders_[stamp->sender].next_in_order;
  if (stamp->number < next) ++out_of_order_;
  next = std::max(next, stamp->number + 1);
}

bool Ledger::settled() const {
  return all_answered() && accepted_and_arrived_ == accepted_;
}

Verdict Ledger::verdict() const {
  return {.accepted = accepted_,
          .refused = refused_,
          .unanswered = sent_ - accepted_ - refused_,
          .arrived = arrived_,
          .lost = accepted_ - accepted_and_arrived_,
          .duplicated = duplicated_,
          .out_of_order = out_of_order_,
          .foreign = foreign_};
}

}  // namespace pqc::bench
