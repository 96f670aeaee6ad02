// Every bound and every fixed size of the voice engine (docs/spec/voice.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::media::voice::limits {

// Sound inside the engine: mono, 16 bit, in blocks of 10 ms.
inline constexpr std::uint32_t sample_rate = 48'000;
inline constexpr std::size_t block_samples = sample_rate / 100;
inline constexpr std::size_t longest_frame_samples = 4 * block_samples;

// Opus.
inline constexpr std::uint32_t least_bitrate = 16'000;
inline constexpr std::uint32_t most_bitrate = 96'000;
// 96 kbit/s for 40 ms.
inline constexpr std::size_t opus_packet_bytes = 480;
// A header byte, an Opus packet and its predecessor.
inline constexpr std::size_t payload_bytes = 1 + 2 * opus_packet_bytes;

// WAV files: sample rates that are read, how far behind the start the sound may begin, and the most that one holds.
inline constexpr std::uint32_t least_file_rate = 8'000;
inline constexpr std::uint32_t most_file_rate = 192'000;
inline constexpr std::size_t wav_head_bytes = std::size_t{64} << 10;
inline constexpr std::uint32_t wav_data_bytes = std::uint32_t{1} << 31;

}  // namespace pqc::media::voice::limits
