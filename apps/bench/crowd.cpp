#include "crowd.h"

#include <algorithm>
#include <utility>

namespace pqc::bench {

struct Crowd::State {
  std::size_t count = 0;
  std::size_t started = 0;
  std::size_t done = 0;
  Task task;
  std::function<void()> finished;
};

void Crowd::run(std::size_t count, std::size_t limit, Task task, std::function<void()> finished) {
  if (count == 0) return finished();
  auto state = std::make_shared<State>();
  state->count = count;
  state->task = std::move(task);
  state->finished = std::move(finished);
  for (std::size_t i = 0; i < std::min(count, limit); ++i) start_next(state);
}

void Crowd::start_next(const std::shared_ptr<State>& state) {
  if (state->started == state->count) return;
  const auto index = state->started++;
  state->task(index, [state] {
    if (++state->done == state->count) return state->finished();
    start_next(state);
  });
}

}  // namespace pqc::bench
