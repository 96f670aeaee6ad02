// How far a file is, for people: one line that is drawn again, on standard error where that is a terminal; with --json
// an object now and then.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/output.h"

namespace pqc::cli {

class Progress {
 public:
  Progress(const Output& output, std::string id);
  // Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const client::FileTransfer& transfer);

 private:
  using Clock = std::chrono::steady_clock;

  const Output& output_;
  const std::string id_;
  const bool terminal_;
  const Clock::time_point started_ = Clock::now();
  std::uint64_t first_ = 0;  // what was there when it began
  std::uint64_t told_ = 0;
  Clock::time_point told_at_{};
  bool drawn_ = false;
};

// "1.5 MiB"
std::string size_text(std::uint64_t bytes);

// Ends an operation that makes no progress any more: the server may be away for a while, but not for ever.
class Patience {
 public:
  // True once `done` has not changed for too long; at once where it never has: there was no server from the start.
  [[nodiscard]] bool over(std::uint64_t done);

 private:
  std::optional<std::uint64_t> first_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point since_{};
};

// Whether waiting can help with this error.
[[nodiscard]] bool worth_waiting(const client::Error& error);

}  // namespace pqc::cli
