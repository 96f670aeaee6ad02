// Writes the recording of one call while it goes on (docs/spec/recording.md §3).
//
//   the thread that moves packets ──add()──► ring ──► the recorder's thread: seal, append, fdatasync
//
// add() takes no lock, allocates nothing and makes no system call; memory is fixed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "client/error.h"
#include "protocol/recording/entries.h"
#include "protocol/recording/file_key.h"

namespace pqc::client {

// Of one recording: its key seals one file, so a plan is used up by it.
struct RecordingPlan {
  std::string path;  // from the root on
  recording::Header header{};
  recording::FileKey key;
  recording::Start start;
};

class Recorder {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Makes the file. Errors: usage (something is there already), those of the disk.
  static Result<std::unique_ptr<Recorder>> start(RecordingPlan plan);
  // As finish().
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // A voice frame's payload; one thread. Nothing is taken once the recording does not go on.
  void add(recording::Side side, std::uint32_t timestamp, ByteView payload, Time now);
  // When add() is called no more: writes what still waits and the last chunk, and returns when they are on disk, or it
  // is known why they are not. A file without any frame is removed. Any thread, one at a time.
  void finish();
  // Until it has failed, or has become as long as one may be. Any thread.
  [[nodiscard]] bool going() const;
  // Why it ended before the call. Any thread.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  class Writer;
  explicit Recorder(std::unique_ptr<Writer> writer);
  std::unique_ptr<Writer> writer_;
};

}  // namespace pqc::client
