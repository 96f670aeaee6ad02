#include "client/calls/recording_ends.h"

namespace pqc::client {

RecordingEnds::~RecordingEnds() {
  for (auto& thread : threads_) thread.join();
}

void RecordingEnds::wait_for(CallMedia::RecordingEnd end, Done done) {
  const auto at = threads_.emplace(threads_.end());
  *at = std::thread(
      [this, at, weak = std::weak_ptr(alive_), &loop = loop_, end = std::move(end), done = std::move(done)] {
        loop.post([this, at, weak, done, failure = end()] {
          if (weak.expired()) return;
          at->join();
          threads_.erase(at);
          done(failure);
        });
      });
}

}  // namespace pqc::client
