#include "net/ice/event_loop.h"

#include <sys/eventfd.h>

#include "net/ice/limits.h"

namespace pqc::net::ice {
namespace {

// While it is this thread's, libnice hands over what came at once, and changes to it wake nobody.
class Owned {
 public:
  explicit Owned(GMainContext* context) : context_(context) { static_cast<void>(g_main_context_acquire(context_)); }
  ~Owned() { g_main_context_release(context_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

 private:
  GMainContext* context_;
};

}  // namespace

// Whoever waits for it may be another thread than works in it.
EventLoop::EventLoop()
    : context_(g_main_context_new_with_flags(G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING)),
      loop_(g_main_loop_new(context_.get(), FALSE)) {
  // There is nothing else yet that it waits for.
  query();
  if (polled_.size() == 1) wake_fd_ = polled_.front().fd;
}

void EventLoop::run_every(std::chrono::milliseconds interval, GSourceFunc call, gpointer data) {
  const SourcePtr source(g_timeout_source_new(static_cast<guint>(interval.count())));
  g_source_set_callback(source.get(), call, data, nullptr);
  g_source_attach(source.get(), context_.get());
}

void EventLoop::start() {
  thread_ = std::thread([this] {
    // What is asynchronous answers there.
    g_main_context_push_thread_default(context_.get());
    g_main_loop_run(loop_.get());
    g_main_context_pop_thread_default(context_.get());
  });
}

// The loop may not run yet, so that it has to be told from within.
void EventLoop::stop() {
  if (!thread_.joinable()) return;
  run_every(
      std::chrono::milliseconds(0),
      [](gpointer loop) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(loop));
        return G_SOURCE_REMOVE;
      },
      loop_.get());
  thread_.join();
}

// GLib's description of an event loop ("The Main Event Loop": prepare, query, check, dispatch).
gint EventLoop::query() {
  const Owned here(context_.get());
  gint wait = -1;
  g_main_context_prepare(context_.get(), &priority_);
  polled_.resize(polled_.capacity());
  const auto fill = [&] {
    return static_cast<std::size_t>(
        g_main_context_query(context_.get(), priority_, &wait, polled_.data(), static_cast<gint>(polled_.size())));
  };
  auto count = fill();
  while (count > polled_.size()) {
    polled_.resize(count);
    count = fill();
  }
  polled_.resize(count);
  return wait;
}

std::chrono::milliseconds EventLoop::prepare(std::vector<pollfd>& polled) {
  const auto wait = query();
  for (const auto& each : polled_) polled.push_back({each.fd, static_cast<short>(each.events), 0});
  return wait < 0 ? limits::longest_wait : std::chrono::milliseconds(wait);
}

// To dispatch wakes the context, which is awake, so that each datagram would cost a second turn of the loop. Whatever
// else woke it is seen by the query before the next wait.
void EventLoop::work(std::span<const pollfd> polled, int but) {
  const Owned here(context_.get());
  for (std::size_t i = 0; i < polled_.size(); ++i)
    polled_[i].revents = polled_[i].fd == but ? gushort(0) : static_cast<gushort>(polled[i].revents);
  if (g_main_context_check(context_.get(), priority_, polled_.data(), static_cast<gint>(polled_.size())) == FALSE)
    return;
  g_main_context_dispatch(context_.get());
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(wake_fd_, &ignored));
}

void EventLoop::turn() {
  ready_.clear();
  prepare(ready_);
  static_cast<void>(::poll(ready_.data(), ready_.size(), 0));
  work(ready_);
}

}  // namespace pqc::net::ice
