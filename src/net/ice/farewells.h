// Where ended agents tell their relays that they are not needed any more: together, on one thread, so that nobody waits
// for the answers. Whoever owns this outlives the agents that name it (Settings::farewells), and waits at its own end
// for what is still being said, all at once: about a quarter of a second where relays over UDP do not answer,
// limits::farewell after the last was taken where nothing else ends them, and beyond that what it takes to begin and to
// destroy each.
//
//   take() ──> begin() ──> prepare(), work() … ──over, or too late──> destroyed
//      └──one too many──> destroyed, on the thread that gave it
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <poll.h>

#include "net/ice/descriptor.h"
#include "net/ice/limits.h"

namespace pqc::net::ice {

class Farewells {
 public:
  // What has ended but for its farewell. From begin() on this thread's, which destroys it too.
  class Leaver {
   public:
    virtual ~Leaver() = default;
    virtual void begin() = 0;
    [[nodiscard]] virtual bool over() const = 0;
    // As an agent's (agent.h).
    virtual std::chrono::milliseconds prepare(std::vector<pollfd>& polled) = 0;
    virtual void work(std::span<const pollfd> polled) = 0;
  };

  explicit Farewells(std::chrono::milliseconds patience = limits::farewell);
  ~Farewells();
  Farewells(const Farewells&) = delete;
  Farewells& operator=(const Farewells&) = delete;

  // Without waiting. Where limits::farewells are here already, or the system has no thread for them, it is destroyed
  // instead before this returns, which waits for the thread of its own that an agent may have. Any thread.
  void take(std::unique_ptr<Leaver> leaver);

 private:
  struct Leaving {
    std::unique_ptr<Leaver> leaver;
    std::chrono::steady_clock::time_point deadline;
  };

  bool has_room();
  void run();
  void begin_given();
  // False: there is nothing left, and nothing comes any more.
  bool end_some();
  void work();

  const std::chrono::milliseconds patience_;
  Descriptor wake_;
  std::mutex mutex_;
  // Under the mutex:
  std::vector<Leaving> given_;  // not begun yet
  std::size_t here_ = 0;        // all that are
  bool ending_ = false;
  std::thread thread_;  // from the first on
  // The thread's:
  std::vector<Leaving> leaving_;
  std::vector<pollfd> polled_;
};

}  // namespace pqc::net::ice
