// A connection to PulseAudio (or PipeWire, which answers in its place) without a thread of its own: whoever uses its
// streams lets it work, by pump(), flush() or wait(). The source and the sink of an engine have one each, so that what
// the server says about what is played wakes nobody who waits for the microphone. One thread at a time.
#pragma once

#include <algorithm>
#include <memory>
#include <stop_token>
#include <utility>
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
  // Nothing where no server answers soon, or `stop` is requested. A server that does not answer one of two links is
  // waited for by neither.
  [[nodiscard]] static std::shared_ptr<PulseLink> open(std::stop_token stop = {},
                                                       const std::shared_ptr<PulseLink>& beside = nullptr);
  ~PulseLink();
  PulseLink(const PulseLink&) = delete;
  PulseLink& operator=(const PulseLink&) = delete;

  [[nodiscard]] const PulseLibrary& library() const { return library_; }
  [[nodiscard]] pa_context* context() const { return context_; }
  // Whether the server answers: once it did not do so in time, never again.
  [[nodiscard]] bool alive() const;
  // From now on nothing but time ends what work_until() waits for.
  void forget_stop() { stop_ = {}; }
  void set_patience(Micros patience) { patience_ = patience; }

  void add(const PulseStream& stream) { streams_.push_back(&stream); }
  void remove(const PulseStream& stream) { std::erase(streams_, &stream); }

  // Does what has come by now; once for each `now`, and not where wait() has just done so.
  void pump(Micros now);
  // Sends what the library was given, and waits for nothing.
  void flush() { loop_.defer(); }
  // Works until a stream is ready or `until` is there.
  void wait(Micros until);
  // Works until `done`; whether it came before the patience was over. What did not is the end of the link, so that
  // nobody waits a second time.
  template <class Done>
  [[nodiscard]] bool work_until(const Done& done) {
    const auto end = VoiceEngine::now() + patience_;
    while (!done()) {
      const auto left = end - VoiceEngine::now();
      *gone_ = *gone_ || left <= Micros(0) || stop_.stop_requested();
      if (*gone_) return false;
      loop_.iterate(std::min(left, stop_.stop_possible() ? stop_interval_ : left));
    }
    return true;
  }
  // Waits for an operation and forgets it; whether it was done. Null is one that could not begin.
  bool finish(pa_operation* operation);

 private:
  PulseLink(const PulseLibrary& library, std::stop_token stop, std::shared_ptr<bool> gone);
  bool connect();
  [[nodiscard]] bool any_ready() const;

  static constexpr Micros stop_interval_{20'000};
  const PulseLibrary& library_;
  std::stop_token stop_;
  Micros patience_{2'000'000};
  std::shared_ptr<bool> gone_;  // did not answer
  PulseLoop loop_;
  pa_context* context_ = nullptr;
  std::vector<const PulseStream*> streams_;
  Micros pumped_{0};
  bool fresh_ = false;  // wait() has pumped
};

}  // namespace pqc::media::voice
