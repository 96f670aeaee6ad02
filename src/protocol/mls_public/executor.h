// Where independent work may be spread over the cores. The core starts no thread; the application brings its own.
#pragma once

#include <cstddef>
#include <functional>

namespace pqc::mls::inline public_part {

class Executor {
 public:
  virtual ~Executor() = default;
  // Calls task(0) to task(count - 1), each once, in any order and from any threads; returns when all have returned.
  // Tasks throw nothing but std::bad_alloc and do not wait for each other.
  virtual void run(std::size_t count, const std::function<void(std::size_t)>& task) const = 0;
};

// One after the other, in the calling thread, where the application brings no executor.
inline void run_all(const Executor* executor, std::size_t count, const std::function<void(std::size_t)>& task) {
  if (executor != nullptr) return executor->run(count, task);
  for (std::size_t i = 0; i < count; ++i) task(i);
}

}  // namespace pqc::mls::inline public_part
