#include "client/calls/call_lines.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"

namespace pqc::client {

CallLines::CallLines(Core& core, Directory& directory, Outbox& outbox, const CallOptions& options)
    : core_(core), service_(options.service), intake_(core, service_.has_value()) {
  const auto count = service_ ? std::clamp<std::size_t>(service_->lines, 1, limits::service_most_calls) : 1;
  for (std::size_t i = 0; i < count; ++i)
    lines_.push_back(std::make_unique<Calls>(core, directory, outbox, intake_, options));
  if (service_) forget_again();
}

void CallLines::ring_waiting() {
  first().ring_waiting();
  answer_all();
}

bool CallLines::end() {
  bool ended = false;
  for (const auto& line : lines_) ended = line->end() || ended;
  return ended;
}

void CallLines::look_at(std::int64_t contact) {
  for (const auto& line : lines_) line->look_at(contact);
}

bool CallLines::hides_from(std::int64_t contact) const {
  return std::ranges::any_of(lines_, [contact](const auto& line) { return line->hides_from(contact); });
}

// A further offer of somebody who has a line goes to that one, which is busy: nobody holds two.
Calls& CallLines::line_for(std::int64_t contact, const CallContent& content) {
  const auto find = [this](const auto& fits) {
    const auto found = std::ranges::find_if(lines_, [&](const auto& line) { return fits(*line); });
    return found == lines_.end() ? nullptr : found->get();
  };
  if (auto* has = find([&](const Calls& line) { return line.has(content.call); })) return *has;
  if (!std::holds_alternative<CallOffer>(content.what)) return first();
  if (auto* with = find([&](const Calls& line) { return line.is_with(contact); })) return *with;
  if (auto* free = find([](const Calls& line) { return line.free(); })) return *free;
  return first();
}

void CallLines::began_anew(const CallPeer& peer) {
  for (const auto& line : lines_)
    if (line->is_with(peer.contact)) line->began_anew(peer);
}

void CallLines::committed() {
  for (const auto& line : lines_) line->committed();
  answer_all();
  if (service_) forget_callers(false);
}

void CallLines::rolled_back() {
  for (const auto& line : lines_) line->rolled_back();
}

void CallLines::answer_all() {
  if (!service_) return;
  for (const auto& line : lines_) line->answer_at_once();
}

void CallLines::forget_again() {
  timer_ = core_.loop.after(limits::service_forgets, [this] {
    forget_callers(true);
    forget_again();
  });
}

void CallLines::forget_callers(bool by_time) {
  if (const auto done = forget(by_time); !done)
    log(LogLevel::error, "callers.not_forgotten", {{"why", done.error().message}});
}

Status CallLines::forget(bool by_time) {
  auto& strangers = core_.store.strangers;
  auto count = strangers.count();
  if (!count) return pass(count);
  if (!by_time && *count <= service_->callers) return {};
  const auto before = core_.clock.now() - limits::service_memory;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto forgotten = strangers.to_forget(service_->callers, before, core_.account.name().text());
  if (!forgotten) return pass(forgotten);
  std::erase_if(*forgotten, [this](std::int64_t contact) {
    return std::ranges::any_of(lines_, [contact](const auto& line) { return line->is_with(contact); });
  });
  for (const auto contact : *forgotten)
    if (auto done = strangers.forget(contact); !done) return done;
  if (auto done = strangers.forget_news(before, limits::service_seen_rows); !done) return done;
  if (auto done = transaction->commit(); !done) return done;
  for (const auto contact : *forgotten) core_.contacts.forget(contact);
  return {};
}

}  // namespace pqc::client
