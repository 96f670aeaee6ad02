// The loop in which libnice works: on a thread of its own, until somebody who polls anyway adopts it (agent.h).
//
//   EventLoop() ──> start() ──> adopt()
//                      └──────────> stop(), at its end
#pragma once

#include <chrono>
#include <span>
#include <thread>
#include <vector>

#include <poll.h>

#include "net/ice/nice_handles.h"

namespace pqc::net::ice {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop() { stop(); }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_.get(); }
  // Calls again and again, until that answers G_SOURCE_REMOVE. Any thread.
  void run_every(std::chrono::milliseconds interval, GSourceFunc call, gpointer data);

  void start();
  // Waits until its thread has ended what it is at, if it has one.
  void stop();

  // From now on it works in work() only: on any thread, but one at a time, from prepare() to the work() that follows.
  void adopt() { stop(); }
  // Adds what is to be polled for; answers for how long at most.
  std::chrono::milliseconds prepare(std::vector<pollfd>& polled);
  // What became of those that prepare() added; after each of its calls. Nothing is done about `but`.
  void work(std::span<const pollfd> polled, int but = -1);
  // Both, without waiting.
  void turn();

 private:
  gint query();

  ContextPtr context_;
  LoopPtr loop_;
  std::thread thread_;
  std::vector<GPollFD> polled_;
  std::vector<pollfd> ready_;  // of turn()
  gint priority_ = 0;
  int wake_fd_ = -1;  // by which the context is woken
};

}  // namespace pqc::net::ice
