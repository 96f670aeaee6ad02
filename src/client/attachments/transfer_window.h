// How much of a file may be on the way: more while the answers come quickly, less where they are slow, so that messages
// on the same connection never wait long behind it. Counted in chunks of the sealed file.
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::client {

class TransferWindow {
 public:
  [[nodiscard]] std::size_t chunks() const { return chunks_; }
  // Of one question: a quarter of the window, so that several are on the way.
  [[nodiscard]] std::size_t part() const;
  void answered(std::chrono::steady_clock::duration after);

 private:
  std::size_t chunks_ = 1;
};

}  // namespace pqc::client
