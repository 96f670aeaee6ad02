// Frames that wait to be decoded, found by the place of their sound in the stream, counted in blocks of 10 ms. It also
// knows which of late were there before, so that repetitions do nothing. Not thread-safe; memory is fixed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "media/voice/frame_duration.h"

namespace pqc::media::voice {

class FrameSlots {
 public:
  struct Frame {
    FrameDuration duration = FrameDuration::ms10;
    bool recovered = false;  // from the copy in the next packet
    std::size_t size = 0;
    std::array<std::uint8_t, limits::opus_packet_bytes> opus{};
    [[nodiscard]] ByteView packet() const { return ByteView(opus).first(size); }
  };

  // Whether a frame at that block was put in or marked before, played or not.
  [[nodiscard]] bool knows(std::int64_t block) const;
  // The caller keeps blocks within limits::kept_blocks of each other; older ones give way.
  void put(std::int64_t block, FrameDuration duration, ByteView opus, bool recovered);
  // Known from now on, but not to be played.
  void mark(std::int64_t block);

  // The frame that starts there, or none; valid until the next put().
  [[nodiscard]] const Frame* find(std::int64_t block) const;
  // The first block from `from` on, at most limits::kept_blocks later, where a frame starts.
  [[nodiscard]] std::optional<std::int64_t> first_from(std::int64_t from) const;
  void clear();

 private:
  struct Slot {
    std::int64_t block = -1;
    bool waiting = false;
    Frame frame;
  };
  [[nodiscard]] static std::size_t index(std::int64_t block) {
    return static_cast<std::size_t>(block) % limits::kept_blocks;
  }
  std::array<Slot, limits::kept_blocks> slots_{};
  std::int64_t last_ = -1;  // the furthest block that was put in
};

}  // namespace pqc::media::voice
