#include "media/voice/frame_slots.h"

#include <algorithm>

namespace pqc::media::voice {

bool FrameSlots::knows(std::int64_t block) const {
  return slots_[index(block)].block == block;
}

void FrameSlots::put(std::int64_t block, FrameDuration duration, ByteView opus, bool recovered) {
  auto& slot = slots_[index(block)];
  slot.block = block;
  slot.waiting = true;
  slot.frame.duration = duration;
  slot.frame.recovered = recovered;
  slot.frame.size = opus.size();
  std::ranges::copy(opus, slot.frame.opus.begin());
  last_ = std::max(last_, block);
}

void FrameSlots::mark(std::int64_t block) {
  auto& slot = slots_[index(block)];
  slot.block = block;
  slot.waiting = false;
}

const FrameSlots::Frame* FrameSlots::find(std::int64_t block) const {
  const auto& slot = slots_[index(block)];
  return slot.block == block && slot.waiting ? &slot.frame : nullptr;
}

std::optional<std::int64_t> FrameSlots::first_from(std::int64_t from) const {
  const auto end = std::min(last_, from + static_cast<std::int64_t>(limits::kept_blocks) - 1);
  for (auto block = from; block <= end; ++block) {
    if (find(block) != nullptr) return block;
  }
  return std::nullopt;
}

void FrameSlots::clear() {
  for (auto& slot : slots_) {
    slot.block = -1;
    slot.waiting = false;
  }
  last_ = -1;
}

}  // namespace pqc::media::voice
