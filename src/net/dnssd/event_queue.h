// What the thread of libavahi-client tells the thread of its owner. Private to this folder.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pqc::net::dnssd {

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

// Any thread.
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
  // Never dropped for what waits: it comes after that. Of several failures the first is kept.
  void put_failure(Event failure) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    signal_.notify();
  }
  std::optional<Event> take() {
    const std::scoped_lock lock(mutex_);
    signal_.clear();
    if (events_.empty()) return std::exchange(failure_, std::nullopt);
    auto first = std::move(events_.front());
    events_.pop_front();
    if (!events_.empty() || failure_) signal_.notify();
    return first;
  }

 private:
  Signal signal_;
  std::mutex mutex_;
  std::deque<Event> events_;
  std::optional<Event> failure_;
};

}  // namespace pqc::net::dnssd
