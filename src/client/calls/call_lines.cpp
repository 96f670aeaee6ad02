#include "client/calls/call_lines.h"

#include <algorithm>

#include "client/limits.h"

namespace pqc::client {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

}  // namespace

CallLines::CallLines(Core& core, Directory& directory, Outbox& outbox, const CallOptions& options)
    : core_(core), intake_(core, options.service.has_value()) {
  const auto& service = options.service;
  const auto count = service ? std::clamp<std::size_t>(service->lines, 1, limits::service_most_calls) : 1;
  for (std::size_t i = 0; i < count; ++i)
    lines_.push_back(std::make_unique<Calls>(core, directory, outbox, intake_, options));
  if (service) memory_.emplace(core, service->callers, [this](std::int64_t contact) { return is_with(contact); });
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

bool CallLines::has(const CallId& id) const {
  return std::ranges::any_of(lines_, [&id](const auto& line) { return line->has(id); });
}

Result<std::vector<CallRecord>> CallLines::latest(std::size_t limit) {
  auto calls = core_.store.calls.latest(limit);
  if (!calls) return calls;
  const auto waiting = intake_.waiting_call();
  for (auto& call : *calls) {
    const auto id = id_of(call);
    call.goes_on = call.ended.value == 0 && (has(id) || waiting == id);
  }
  return calls;
}

bool CallLines::is_with(std::int64_t contact) const {
  return std::ranges::any_of(lines_, [contact](const auto& line) { return line->is_with(contact); });
}

// A further offer of somebody who has a line goes to that one, which is busy: nobody holds two. Where all are taken,
// one goes to the line whose call gives way first.
Calls& CallLines::line_for(std::int64_t contact, const CallContent& content) {
  const auto find = [this](const auto& fits) {
    const auto found = std::ranges::find_if(lines_, [&](const auto& line) { return fits(*line); });
    return found == lines_.end() ? nullptr : found->get();
  };
  if (auto* has = find([&](const Calls& line) { return line.has(content.call); })) return *has;
  if (!std::holds_alternative<CallOffer>(content.what)) return first();
  if (auto* with = find([&](const Calls& line) { return line.is_with(contact); })) return *with;
  if (auto* free = find([](const Calls& line) { return line.free(); })) return *free;
  const auto gives_way = [](const auto& line) { return line->gives_way().value_or(TimePoint::max()); };
  return **std::ranges::min_element(lines_, {}, gives_way);
}

void CallLines::began_anew(const CallPeer& peer) {
  for (const auto& line : lines_)
    if (line->is_with(peer.contact)) line->began_anew(peer);
}

void CallLines::committed() {
  for (const auto& line : lines_) line->committed();
  answer_all();
  if (memory_) memory_->committed();
}

void CallLines::rolled_back() {
  for (const auto& line : lines_) line->rolled_back();
}

void CallLines::answer_all() {
  if (!serves()) return;
  for (const auto& line : lines_) line->answer_at_once();
}

}  // namespace pqc::client
