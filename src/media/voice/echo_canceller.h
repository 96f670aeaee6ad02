// libwebrtc-audio-processing behind plain pointers: its header is no C++23 to clang, so its one source file is C++20
// (CMakeLists.txt). Blocks are limits::block_samples long. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>

namespace pqc::media::voice {

class EchoCanceller {
 public:
  // Null where the library cannot be set up.
  [[nodiscard]] static std::unique_ptr<EchoCanceller> create();
  virtual ~EchoCanceller() = default;

  // A block that is played.
  virtual void played(const std::int16_t* block) = 0;
  // A block that was heard, changed in place.
  virtual void process(std::int16_t* block) = 0;
};

}  // namespace pqc::media::voice
