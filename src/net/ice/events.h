// What the thread of an agent tells the thread that owns it: datagrams, and that something changed. Any thread.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "base/bytes.h"

namespace pqc::net::ice {

class Events {
 public:
  // Throws std::system_error where the system has no more descriptors.
  Events();
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Readable from the first event on, until clear().
  [[nodiscard]] int fd() const { return fd_; }
  void clear();

  void notify();
  // Dropped where too many wait.
  void arrived(ByteView datagram);
  std::optional<Bytes> take();

 private:
  int fd_;
  std::mutex mutex_;
  std::deque<Bytes> datagrams_;
};

}  // namespace pqc::net::ice
