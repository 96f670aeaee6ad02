// The event loop under a connection to PulseAudio (pa_mainloop_api). libpulse's own loop writes to a pipe for each
// change of an event, half a dozen system calls a message; this one has poll() alone, and only for who uses it on one
// thread.
#pragma once

#include <list>
#include <vector>

#include <poll.h>
#include <pulse/mainloop-api.h>

#include "media/voice/voice_engine.h"

// What libpulse leaves to the loop to define.
struct pa_io_event;
struct pa_time_event;
struct pa_defer_event;

namespace pqc::media::voice {

class PulseLoop {
 public:
  PulseLoop();
  ~PulseLoop();
  PulseLoop(const PulseLoop&) = delete;
  PulseLoop& operator=(const PulseLoop&) = delete;

  [[nodiscard]] pa_mainloop_api* api() { return &api_; }
  // Waits for something to happen for at most `most`, and does what it asks for; whether something happened.
  bool iterate(Micros most);
  // Does what was put off until the loop's next turn, and nothing else; whether there was something.
  bool defer();

 private:
  [[nodiscard]] Micros until_timer(Micros most) const;
  bool fire_timers();
  bool wait(Micros most);
  void bury();

  pa_mainloop_api api_;
  // Callbacks may free any event: those are dead, and taken out when none runs.
  std::list<pa_io_event> io_;
  std::list<pa_time_event> timers_;
  std::list<pa_defer_event> deferred_;
  bool dead_ = false;  // some are
  std::vector<pollfd> polled_;

  friend struct PulseLoopApi;
};

}  // namespace pqc::media::voice
