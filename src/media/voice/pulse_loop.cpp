#include "media/voice/pulse_loop.h"

#include <algorithm>
#include <utility>

#include <sys/time.h>

namespace {

using pqc::media::voice::PulseLoop;

template <class Event, class Callback, class Destroy>
struct EventBase {
  PulseLoop* loop = nullptr;
  Callback callback = nullptr;
  void* user = nullptr;
  Destroy destroy = nullptr;
  bool dead = false;
};

}  // namespace

struct pa_io_event : EventBase<pa_io_event, pa_io_event_cb_t, pa_io_event_destroy_cb_t> {
  int fd = -1;
  pa_io_event_flags_t wanted = PA_IO_EVENT_NULL;
};
struct pa_time_event : EventBase<pa_time_event, pa_time_event_cb_t, pa_time_event_destroy_cb_t> {
  timeval due{};
  bool armed = false;
};
struct pa_defer_event : EventBase<pa_defer_event, pa_defer_event_cb_t, pa_defer_event_destroy_cb_t> {
  bool enabled = true;
};

namespace pqc::media::voice {

namespace {

short to_poll(int flags) {
  return static_cast<short>(((flags & PA_IO_EVENT_INPUT) != 0 ? POLLIN : 0) |
                            ((flags & PA_IO_EVENT_OUTPUT) != 0 ? POLLOUT : 0));
}

pa_io_event_flags_t of_poll(int events) {
  return static_cast<pa_io_event_flags_t>(((events & POLLIN) != 0 ? PA_IO_EVENT_INPUT : 0) |
                                          ((events & POLLOUT) != 0 ? PA_IO_EVENT_OUTPUT : 0) |
                                          ((events & POLLHUP) != 0 ? PA_IO_EVENT_HANGUP : 0) |
                                          ((events & (POLLERR | POLLNVAL)) != 0 ? PA_IO_EVENT_ERROR : 0));
}

// The clock that libpulse gives times by to loops that are not its own.
Micros wall_clock() {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  return std::chrono::seconds(now.tv_sec) + Micros(now.tv_usec);
}

Micros time_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + Micros(time.tv_usec);
}

template <class Event>
void bury_in(std::list<Event>& events, pa_mainloop_api* api) {
  for (auto at = events.begin(); at != events.end();) {
    if (!at->dead) {
      ++at;
      continue;
    }
    if (at->destroy != nullptr) at->destroy(api, &*at, at->user);
    at = events.erase(at);
  }
}

}  // namespace

// The functions of pa_mainloop_api, with its documentation.
struct PulseLoopApi {
  static PulseLoop& loop(pa_mainloop_api* api) { return *static_cast<PulseLoop*>(api->userdata); }

  static pa_io_event* io_new(pa_mainloop_api* api, int fd, pa_io_event_flags_t events, pa_io_event_cb_t callback,
                             void* user) {
    auto& event = loop(api).io_.emplace_back();
    event.loop = &loop(api);
    event.callback = callback;
    event.user = user;
    event.fd = fd;
    event.wanted = events;
    return &event;
  }
  static void io_enable(pa_io_event* event, pa_io_event_flags_t events) { event->wanted = events; }

  static pa_time_event* time_new(pa_mainloop_api* api, const timeval* due, pa_time_event_cb_t callback, void* user) {
    auto& event = loop(api).timers_.emplace_back();
    event.loop = &loop(api);
    event.callback = callback;
    event.user = user;
    time_restart(&event, due);
    return &event;
  }
  static void time_restart(pa_time_event* event, const timeval* due) {
    event->armed = due != nullptr;
    if (due != nullptr) event->due = *due;
  }

  static pa_defer_event* defer_new(pa_mainloop_api* api, pa_defer_event_cb_t callback, void* user) {
    auto& event = loop(api).deferred_.emplace_back();
    event.loop = &loop(api);
    event.callback = callback;
    event.user = user;
    return &event;
  }
  static void defer_enable(pa_defer_event* event, int on) { event->enabled = on != 0; }

  template <class Event>
  static void free(Event* event) {
    event->dead = event->loop->dead_ = true;
  }
  template <class Event, class Destroy>
  static void set_destroy(Event* event, Destroy destroy) {
    event->destroy = destroy;
  }
  // Nobody runs this loop but by iterate().
  static void quit(pa_mainloop_api* /*api*/, int /*result*/) {}
};

PulseLoop::PulseLoop()
    : api_{.userdata = this,
           .io_new = PulseLoopApi::io_new,
           .io_enable = PulseLoopApi::io_enable,
           .io_free = PulseLoopApi::free<pa_io_event>,
           .io_set_destroy = PulseLoopApi::set_destroy<pa_io_event, pa_io_event_destroy_cb_t>,
           .time_new = PulseLoopApi::time_new,
           .time_restart = PulseLoopApi::time_restart,
           .time_free = PulseLoopApi::free<pa_time_event>,
           .time_set_destroy = PulseLoopApi::set_destroy<pa_time_event, pa_time_event_destroy_cb_t>,
           .defer_new = PulseLoopApi::defer_new,
           .defer_enable = PulseLoopApi::defer_enable,
           .defer_free = PulseLoopApi::free<pa_defer_event>,
           .defer_set_destroy = PulseLoopApi::set_destroy<pa_defer_event, pa_defer_event_destroy_cb_t>,
           .quit = PulseLoopApi::quit} {}

PulseLoop::~PulseLoop() {
  std::ranges::for_each(io_, [](auto& event) { event.dead = true; });
  std::ranges::for_each(timers_, [](auto& event) { event.dead = true; });
  std::ranges::for_each(deferred_, [](auto& event) { event.dead = true; });
  dead_ = true;
  bury();
}

void PulseLoop::bury() {
  if (!std::exchange(dead_, false)) return;
  bury_in(io_, &api_);
  bury_in(timers_, &api_);
  bury_in(deferred_, &api_);
}

bool PulseLoop::defer() {
  bool any = false;
  for (auto& event : deferred_) {
    if (event.dead || !event.enabled) continue;
    any = true;
    event.callback(&api_, &event, event.user);
  }
  return any;
}

Micros PulseLoop::until_timer(Micros most) const {
  for (const auto& event : timers_) {
    if (!event.dead && event.armed) most = std::min(most, std::max(time_of(event.due) - wall_clock(), Micros(0)));
  }
  return most;
}

bool PulseLoop::fire_timers() {
  bool any = false;
  for (auto& event : timers_) {
    if (event.dead || !event.armed || time_of(event.due) > wall_clock()) continue;
    any = true;
    event.armed = false;
    event.callback(&api_, &event, &event.due, event.user);
  }
  return any;
}

// Callbacks may add events behind those that were polled.
bool PulseLoop::wait(Micros most) {
  polled_.clear();
  for (const auto& event : io_) polled_.push_back({event.fd, to_poll(event.wanted), 0});
  const auto count = most.count();
  const timespec limit{.tv_sec = count / 1'000'000, .tv_nsec = count % 1'000'000 * 1'000};
  if (::ppoll(polled_.data(), polled_.size(), &limit, nullptr) <= 0) return false;
  auto event = io_.begin();
  for (const auto& polled : polled_) {
    auto& now = *event++;
    if (polled.revents == 0 || now.dead) continue;
    now.callback(&api_, &now, polled.fd, of_poll(polled.revents), now.user);
  }
  return true;
}

bool PulseLoop::iterate(Micros most) {
  bury();
  bool any = defer();
  if (!any) {
    any = wait(until_timer(most));
    any = fire_timers() || any;
  }
  bury();
  return any;
}

}  // namespace pqc::media::voice
