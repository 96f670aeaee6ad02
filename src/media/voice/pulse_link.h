// A connection to PulseAudio (or PipeWire, which answers in its place) without a thread of its own: whoever uses its
// streams lets it work, by pump() or wait(). The source and the sink of an engine share one, so that one thread wakes
// up for both. One thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "media/voice/pulse_library.h"
#include "media/voice/pulse_loop.h"
#include "media/voice/voice_engine.h"

namespace pqc::media::voice {

// What wait() waits for.
class PulseStream {
 public:
  virtual ~PulseStream() = default;
  // Whether there is something to be done with it.
  [[nodiscard]] virtual bool ready() const = 0;
};

class PulseLink {
 public:
  // Nothing where no server answers soon.
  [[nodiscard]] static std::shared_ptr<PulseLink> open();
  ~PulseLink();
  PulseLink(const PulseLink&) = delete;
  PulseLink& operator=(const PulseLink&) = delete;

  [[nodiscard]] const PulseLibrary& library() const { return library_; }
  [[nodiscard]] pa_context* context() const { return context_; }
  [[nodiscard]] bool alive() const;

  void add(const PulseStream& stream) { streams_.push_back(&stream); }
  void remove(const PulseStream& stream) { std::erase(streams_, &stream); }

  // Does what has come by now; once for each `now`, and not where wait() has just done so.
  void pump(Micros now);
  // Works until a stream is ready or `until` is there.
  void wait(Micros until);
  // Works until `done`, with a limit; whether it came.
  template <class Done>
  [[nodiscard]] bool work_until(const Done& done) {
    const auto end = VoiceEngine::now() + patience_;
    while (!done()) {
      const auto left = end - VoiceEngine::now();
      if (left <= Micros(0)) return false;
      loop_.iterate(left);
    }
    return true;
  }
  // Waits for an operation and forgets it; null is one that could not begin.
  void finish(pa_operation* operation);

 private:
  explicit PulseLink(const PulseLibrary& library);
  bool connect();
  [[nodiscard]] bool any_ready() const;

  static constexpr Micros patience_{2'000'000};
  const PulseLibrary& library_;
  PulseLoop loop_;
  pa_context* context_ = nullptr;
  std::vector<const PulseStream*> streams_;
  Micros pumped_{0};
  bool fresh_ = false;  // wait() has pumped
};

}  // namespace pqc::media::voice
