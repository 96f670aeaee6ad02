// The RIFF/WAVE container (Microsoft Multimedia Programming Interface 1.0 §3): bounded parser of its head, and a head
// to write. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "media/voice/error.h"

namespace pqc::media::voice {

struct WavLayout {
  std::uint16_t channels = 0;     // 1 or 2
  std::uint32_t sample_rate = 0;  // limits::least_file_rate to limits::most_file_rate
  std::size_t data_offset = 0;    // at most limits::wav_head_bytes
  std::uint32_t data_bytes = 0;   // as the file says: programs that write to a pipe say more than there is
};

// `start` is the start of the file; what stands behind limits::wav_head_bytes is not looked at.
[[nodiscard]] Result<WavLayout> parse_wav(ByteView start);

// 48 kHz, 16 bit.
using WavHead = std::array<std::uint8_t, 44>;
[[nodiscard]] WavHead make_wav_head(std::uint32_t data_bytes, std::uint16_t channels = 1);

}  // namespace pqc::media::voice
