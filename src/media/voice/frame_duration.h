// How long a frame lasts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "media/voice/limits.h"

namespace pqc::media::voice {

// The values are those of the payload's header.
enum class FrameDuration : std::uint8_t { ms10 = 0, ms20 = 1, ms40 = 2 };

[[nodiscard]] constexpr std::size_t blocks_of(FrameDuration duration) {
  return std::size_t{1} << static_cast<unsigned>(duration);
}
[[nodiscard]] constexpr std::size_t samples_of(FrameDuration duration) {
  return blocks_of(duration) * limits::block_samples;
}

// The bytes of a frame's Opus packet at a bit rate.
[[nodiscard]] constexpr std::size_t opus_bytes(std::uint32_t bits_per_second, FrameDuration duration) {
  return bits_per_second / 800 * blocks_of(duration);
}

}  // namespace pqc::media::voice
