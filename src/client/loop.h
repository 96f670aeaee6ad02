// The one event loop of a client process: sockets, timers, other file descriptors, signals. All client code runs on
// the thread that runs it, so nothing in this library takes a lock.
//
// A callback is never called from inside the call that set it off.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>

namespace boost::asio {
class io_context;
}

namespace pqc::client {

class Loop {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] boost::asio::io_context& context();

  void post(std::function<void()> work);

  // Things that go on until their handle is destroyed.
  class Handle {
   public:
    virtual ~Handle() = default;
  };
  using HandlePtr = std::unique_ptr<Handle>;

  // Calls once, unless the handle is gone by then.
  [[nodiscard]] HandlePtr after(std::chrono::milliseconds delay, std::function<void()> work);
  // Calls whenever the descriptor can be read (or is at its end). The descriptor stays the caller's and outlives the
  // handle.
  [[nodiscard]] HandlePtr when_readable(int fd, std::function<void()> work);
  // Calls once the descriptor can be written.
  [[nodiscard]] HandlePtr when_writable(int fd, std::function<void()> work);
  [[nodiscard]] HandlePtr on_signals(std::initializer_list<int> signals, std::function<void(int)> work);

  // Runs until `done()` (asked before every step) or the deadline; answers done().
  bool run_until(const std::function<bool()>& done, std::optional<TimePoint> deadline = std::nullopt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::client
