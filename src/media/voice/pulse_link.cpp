#include "media/voice/pulse_link.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "media/voice/limits.h"

namespace pqc::media::voice {

PulseLink::PulseLink(const PulseLibrary& library, std::stop_token stop, std::shared_ptr<bool> gone)
    : library_(library), stop_(std::move(stop)), gone_(std::move(gone)) {}

PulseLink::~PulseLink() {
  if (context_ == nullptr) return;
  library_.context_disconnect(context_);
  library_.context_unref(context_);
}

std::shared_ptr<PulseLink> PulseLink::open(std::stop_token stop, const std::shared_ptr<PulseLink>& beside) {
  const auto* const library = PulseLibrary::load();
  if (library == nullptr) return nullptr;
  std::shared_ptr<PulseLink> out(
      new PulseLink(*library, std::move(stop), beside ? beside->gone_ : std::make_shared<bool>(false)));
  return out->connect() ? out : nullptr;
}

bool PulseLink::connect() {
  context_ = library_.context_new(loop_.api(), "pqc-chat");
  if (context_ == nullptr) return false;
  if (library_.context_connect(context_, nullptr, PA_CONTEXT_NOAUTOSPAWN, nullptr) < 0) return false;
  return work_until([this] { return !alive() || library_.context_get_state(context_) == PA_CONTEXT_READY; }) && alive();
}

bool PulseLink::alive() const {
  return !*gone_ && PA_CONTEXT_IS_GOOD(library_.context_get_state(context_)) != 0;
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
  while (!any_ready()) {
    const auto left = until - VoiceEngine::now();
    if (left <= Micros(0)) return;
    // A server that is gone wakes nobody.
    if (!alive()) return std::this_thread::sleep_for(left);
    loop_.iterate(left);
  }
  fresh_ = true;
}

bool PulseLink::finish(pa_operation* operation) {
  if (operation == nullptr) return false;
  const auto state = [&] { return library_.operation_get_state(operation); };
  const bool done =
      work_until([&] { return state() != PA_OPERATION_RUNNING || !alive(); }) && state() == PA_OPERATION_DONE;
  library_.operation_unref(operation);
  return done;
}

}  // namespace pqc::media::voice
