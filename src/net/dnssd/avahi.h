// The connection to avahi-daemon that an announcement or a browser has, on a thread of its own, which libavahi-client
// starts, and what it tells the thread of the owner. Private to this folder.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <avahi-client/client.h>
#include <avahi-common/thread-watch.h>

namespace pqc::net::dnssd {

// Events from that thread to the owner's. Any thread.
template <class Event>
class EventQueue;

// An eventfd: readable from notify() until clear(). Throws std::system_error where the system has no more descriptors.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  void notify();
  void clear();

 private:
  int fd_;
};

template <class Event>
class EventQueue {
 public:
  [[nodiscard]] int fd() const { return signal_.fd(); }
  // Dropped where `most` wait already.
  void put(Event event, std::size_t most) {
    const std::scoped_lock lock(mutex_);
    if (events_.size() >= most) return;
    events_.push_back(std::move(event));
    signal_.notify();
  }
  std::optional<Event> take() {
    const std::scoped_lock lock(mutex_);
    signal_.clear();
    if (events_.empty()) return std::nullopt;
    auto first = std::move(events_.front());
    events_.pop_front();
    if (!events_.empty()) signal_.notify();
    return first;
  }

 private:
  Signal signal_;
  std::mutex mutex_;
  std::deque<Event> events_;
};

// Calls `changed` with every state of the daemon, first from inside start(), later on its thread.
class Avahi {
 public:
  using Changed = std::function<void(AvahiClient*, AvahiClientState)>;
  // The error is for people.
  std::expected<void, std::string> start(Changed changed);
  // No call of `changed` or of what was made with client() is under way or comes any more; client() lives on.
  void stop();
  ~Avahi();
  Avahi() = default;
  Avahi(const Avahi&) = delete;
  Avahi& operator=(const Avahi&) = delete;

  [[nodiscard]] AvahiClient* client() const { return client_; }
  // Begins to call, once what start() found is set up.
  std::expected<void, std::string> run();

 private:
  static void on_state(AvahiClient* client, AvahiClientState state, void* self);

  Changed changed_;
  AvahiThreadedPoll* poll_ = nullptr;
  AvahiClient* client_ = nullptr;
  bool running_ = false;
};

// What has gone wrong with the daemon, and what to do about it.
std::string explain(int avahi_error);

}  // namespace pqc::net::dnssd
