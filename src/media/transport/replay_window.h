// Which counters of one key have been seen (docs/spec/media.md §7). Counters that fall behind the window count as seen.
#pragma once

#include <bitset>
#include <cstdint>

#include "media/transport/limits.h"

namespace pqc::media {

class ReplayWindow {
 public:
  [[nodiscard]] bool seen(std::uint64_t counter) const {
    if (counter >= next_) return false;
    return next_ - counter > limits::replay_window || bits_[counter % limits::replay_window];
  }
  // Only once the frame has opened.
  void mark(std::uint64_t counter) {
    if (counter >= next_ + limits::replay_window)
      bits_.reset();
    else
      for (; next_ < counter; ++next_) bits_[next_ % limits::replay_window] = false;
    if (counter >= next_) next_ = counter + 1;
    bits_[counter % limits::replay_window] = true;
  }

 private:
  std::bitset<limits::replay_window> bits_;
  std::uint64_t next_ = 0;  // one more than the highest seen
};

}  // namespace pqc::media
