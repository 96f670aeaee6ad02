#include "media/voice/pulse_link.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "media/voice/limits.h"

namespace pqc::media::voice {

PulseLink::PulseLink(const PulseLibrary& library) : library_(library) {}

PulseLink::~PulseLink() {
  if (context_ == nullptr) return;
  library_.context_disconnect(context_);
  library_.context_unref(context_);
}

std::shared_ptr<PulseLink> PulseLink::open() {
  const auto* const library = PulseLibrary::load();
  if (library == nullptr) return nullptr;
  std::shared_ptr<PulseLink> out(new PulseLink(*library));
  return out->connect() ? out : nullptr;
}

bool PulseLink::connect() {
  context_ = library_.context_new(loop_.api(), "pqc-chat");
  if (context_ == nullptr) return false;
  if (library_.context_connect(context_, nullptr, PA_CONTEXT_NOAUTOSPAWN, nullptr) < 0) return false;
  return work_until([this] { return !alive() || library_.context_get_state(context_) == PA_CONTEXT_READY; }) && alive();
}

bool PulseLink::alive() const {
  return PA_CONTEXT_IS_GOOD(library_.context_get_state(context_)) != 0;
}

bool PulseLink::any_ready() const {
  return std::ranges::any_of(streams_, [](const auto* stream) { return stream->ready(); });
}

void PulseLink::pump(Micros now) {
  if (std::exchange(pumped_, now) == now || std::exchange(fresh_, false)) return;
  for (int turn = 0; turn < limits::pulse_turns && loop_.iterate(Micros(0)); ++turn) {
  }
}

void PulseLink::wait(Micros until) {
  fresh_ = true;
  while (!any_ready()) {
    const auto left = until - VoiceEngine::now();
    if (left <= Micros(0)) return;
    // A server that is gone wakes nobody.
    if (!alive()) return std::this_thread::sleep_for(left);
    loop_.iterate(left);
  }
}

void PulseLink::finish(pa_operation* operation) {
  if (operation == nullptr) return;
  static_cast<void>(
      work_until([&] { return library_.operation_get_state(operation) != PA_OPERATION_RUNNING || !alive(); }));
  library_.operation_unref(operation);
}

}  // namespace pqc::media::voice
