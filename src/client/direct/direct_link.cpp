#include "client/direct/direct_link.h"

#include <algorithm>

namespace pqc::client {

using std::chrono::steady_clock;

DirectLink::DirectLink(Loop& loop, const MessageId& after, Handlers handlers)
    : DirectLink(loop, after, std::move(handlers), Patience()) {}

DirectLink::DirectLink(Loop& loop, const MessageId& after, Handlers handlers, Patience patience)
    : loop_(loop), handlers_(std::move(handlers)), patience_(patience) {
  handlers_.send(encode_direct_hello(after));
}

void DirectLink::carry(Parcel parcel, Done done) {
  const bool first = waiting_.empty();
  waiting_bytes_ += parcel.body.size();
  waiting_.push_back({.parcel = std::move(parcel), .done = std::move(done), .since = {}});
  if (waiting_.size() > limits::direct_waiting || waiting_bytes_ > limits::direct_waiting_bytes)
    return fail_with({ExitCode::quota, "more waits than the path carries"});
  pump();
  if (first) arm();
}

// As many as may be on the way; the first one in any case.
void DirectLink::pump() {
  while (greeted_ && !failed_ && sent_ < waiting_.size() && sent_ < limits::direct_window) {
    const auto& parcel = waiting_[sent_].parcel;
    waiting_[sent_].since = steady_clock::now();
    if (sent_ > 0 && sent_bytes_ + parcel.body.size() > limits::direct_window_bytes) return;
    sent_bytes_ += parcel.body.size();
    ++sent_;
    handlers_.send(encode_direct_parcel(parcel.id, parcel.body));
  }
}

void DirectLink::on_frame(ByteView frame) {
  if (failed_) return;
  auto decoded = decode_direct_frame(frame);
  const bool hello = decoded && std::holds_alternative<DirectHello>(*decoded);
  if (!decoded || hello == greeted_)
    return fail_with({ExitCode::protocol_mismatch, "what came on the path is not of this protocol"});
  if (hello) return on_hello(std::get<DirectHello>(*decoded));
  if (auto* parcel = std::get_if<DirectParcel>(&*decoded)) return on_parcel(std::move(*parcel));
  on_stored(std::get<DirectStored>(*decoded));
}

void DirectLink::on_hello(const DirectHello& hello) {
  greeted_ = true;
  after_ = hello.after;
  handlers_.open();
  look();
  pump();
}

void DirectLink::on_parcel(DirectParcel parcel) {
  held_bytes_ += parcel.envelope.size();
  held_.push_back(std::move(parcel));
  if (in_order_) hand_on();
  if (held_.size() > limits::direct_held || held_bytes_ > limits::direct_held_bytes)
    fail_with({ExitCode::quota, "too much waits for what was sent before it"});
}

void DirectLink::look() {
  if (!greeted_ || failed_ || in_order_) return;
  in_order_ = after_ == MessageId{} || handlers_.seen(after_);
  if (in_order_) hand_on();
}

void DirectLink::hand_on() {
  while (!failed_ && !held_.empty() && may_hand_on()) {
    auto parcel = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= parcel.envelope.size();
    if (auto taken = handlers_.parcel(std::move(parcel)); !taken) fail_with(taken.error());
  }
}

// The rest waits: what may be on the way holds the other side back.
bool DirectLink::may_hand_on() {
  constexpr Rate rate{.per_second = limits::direct_rate, .burst = limits::direct_burst};
  if (handed_on_.take(rate, steady_clock::now())) return true;
  pace_ = loop_.after(limits::direct_pace, [this] { hand_on(); });
  return false;
}

// Only what is on the way counts: an id of nothing gives no more time.
void DirectLink::on_stored(const DirectStored& stored) {
  bool any = false;
  for (const auto& id : stored.ids) any = settle(id) || any;
  if (!any || failed_) return;
  pump();
  arm();
}

bool DirectLink::settle(const MessageId& id) {
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto found = std::find_if(waiting_.begin(), end, [&](const Waiting& each) { return each.parcel.id == id; });
  if (found == end) return false;
  const auto done = std::move(found->done);
  sent_bytes_ -= found->parcel.body.size();
  waiting_bytes_ -= found->parcel.body.size();
  waiting_.erase(found);
  --sent_;
  done({Carriage::accepted, {}});
  return true;
}

void DirectLink::confirm(std::span<const MessageId> ids) {
  while (!ids.empty() && !failed_) {
    const auto some = ids.first(std::min(ids.size(), limits::direct_stored));
    handlers_.send(encode_direct_stored(some));
    ids = ids.subspan(some.size());
  }
}

// Each confirmation gives the others as much time again, as long as the oldest one may take.
void DirectLink::arm() {
  deadline_.reset();
  if (waiting_.empty() || failed_) return;
  auto wait = patience_.next;
  if (sent_ > 0) {
    const auto left = patience_.oldest - (steady_clock::now() - waiting_.front().since);
    wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0), wait);
  }
  deadline_ =
      loop_.after(wait, [this] { fail_with({ExitCode::timed_out, "the other device does not confirm what it gets"}); });
}

void DirectLink::fail_with(Error why) {
  if (std::exchange(failed_, true)) return;
  deadline_.reset();
  pace_.reset();
  handlers_.failed(why);
}

std::deque<DirectLink::Waiting> DirectLink::take_waiting() {
  failed_ = true;
  deadline_.reset();
  pace_.reset();
  sent_ = 0;
  sent_bytes_ = 0;
  waiting_bytes_ = 0;
  return std::exchange(waiting_, {});
}

}  // namespace pqc::client
