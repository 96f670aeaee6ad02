// Recordings whose calls are over: what still has to be written of each is waited for on a thread of its own, since a
// disk may take long (docs/spec/recording.md §3). Loop thread only.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <thread>

#include "client/calls/call_media.h"

namespace pqc::client {

class RecordingEnds {
 public:
  using Done = std::function<void(std::optional<Error>)>;

  // The loop outlives it.
  explicit RecordingEnds(Loop& loop) : loop_(loop) {}
  // Waits until all of them are written; nobody is told then.
  ~RecordingEnds();
  RecordingEnds(const RecordingEnds&) = delete;
  RecordingEnds& operator=(const RecordingEnds&) = delete;

  // `done` is called from the loop, with what `end` answers.
  void wait_for(CallMedia::RecordingEnd end, Done done);

 private:
  Loop& loop_;
  std::list<std::thread> threads_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace pqc::client
