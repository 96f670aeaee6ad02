// Cuts a stream of bytes into frames, each behind its length in four bytes (docs/spec/p2p.md §3). One thread.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace pqc::p2p {

class FrameReader {
 public:
  void set_longest(std::size_t longest) { longest_ = longest; }
  void append(ByteView data);
  // The next whole frame, there until append is called; nothing: more has to come, or the stream is broken.
  std::optional<ByteView> next();
  // A length of nothing, or of more than is allowed: nothing more of it is waited for.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  Bytes in_;
  std::size_t at_ = 0;
  std::size_t longest_ = 0;
  bool broken_ = false;
};

// With its length.
void append_frame(Bytes& out, ByteView frame);

}  // namespace pqc::p2p
