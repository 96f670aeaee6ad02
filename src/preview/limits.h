// Every bound of what makes previews of pictures (docs/spec/attachments.md §7).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::preview::limits {

// A picture that is looked at: its file, a side of it, and all of it.
inline constexpr std::size_t file_bytes = std::size_t{32} << 20;
inline constexpr std::uint32_t side = 30'000;
inline constexpr std::uint64_t pixels = std::uint64_t{40} << 20;

// What is made of it.
inline constexpr std::uint32_t preview_side = 160;
inline constexpr std::size_t preview_bytes = std::size_t{16} << 10;

// Of the process that does it: a decoded picture, its file, and what the libraries hold.
inline constexpr std::size_t memory = std::size_t{512} << 20;
inline constexpr unsigned cpu_seconds = 4;

}  // namespace pqc::preview::limits
