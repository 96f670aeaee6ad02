// The security log on disk (docs/spec/agent.md §8): appended, rotated, numbered. One writer a folder; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "keys/audit/event.h"

namespace pqc::keys::audit {

inline constexpr std::size_t max_file_size = std::size_t{1} << 20;
inline constexpr int kept_files = 4;  // audit.log.1 … audit.log.4

// Rotation at another size is for tests.
struct Rotation {
  std::size_t max_size = max_file_size;
  int kept = kept_files;
};

class LogFile {
 public:
  // `folder` is a descriptor of the key folder that stays open as long as the object, or until attach(). Goes on after
  // the highest number in the newest file.
  LogFile(int folder, const Clock& clock, Rotation rotation = {});
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Another descriptor of the same folder.
  void attach(int folder) { folder_ = folder; }
  void add(const Event& event, Source source = Source::agent);
  // Whether every line so far was written.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::uint64_t next_sequence() const { return next_; }

 private:
  void open();
  void rotate();

  int folder_;
  const Clock& clock_;
  Rotation rotation_;
  int file_ = -1;
  std::size_t size_ = 0;
  std::uint64_t next_ = 1;
  bool ok_ = true;
};

// The lines of the log without their line feeds, oldest file first: what `pqc-chat audit` prints. Lines that are not
// whole are left out.
[[nodiscard]] std::vector<std::string> read_lines(int folder);

}  // namespace pqc::keys::audit
