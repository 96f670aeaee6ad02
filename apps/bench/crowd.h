// Many asynchronous tasks, a limited number of them at once. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace pqc::bench {

class Crowd {
 public:
  // Starts task number `index`; it calls `done` once, from a later turn of the event loop.
  using Task = std::function<void(std::size_t index, std::function<void()> done)>;

  // Runs tasks 0 to count-1, at most `limit` at once, then calls `finished`.
  static void run(std::size_t count, std::size_t limit, Task task, std::function<void()> finished);

 private:
  struct State;
  static void start_next(const std::shared_ptr<State>& state);
};

}  // namespace pqc::bench
