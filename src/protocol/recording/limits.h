// The limits and fixed sizes of recordings (docs/spec/recording.md §2).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::recording {

inline constexpr std::uint8_t version = 1;
inline constexpr std::size_t header_size = 40;
inline constexpr std::size_t chunk_size = 65'536;  // of content
inline constexpr std::size_t chunk_head_size = 5;  // kind and length
inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t payload_size = 961;  // of a voice frame (docs/spec/voice.md §2)
inline constexpr std::size_t name_size = 255;
// Of an entry: kind, time, timestamp, length and payload.
inline constexpr std::size_t entry_size = 11 + payload_size;

}  // namespace pqc::recording
