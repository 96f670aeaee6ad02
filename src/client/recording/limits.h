// The bounds of recordings (docs/spec/recording.md §3, §4).
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::client::limits {

inline constexpr std::chrono::milliseconds recording_longest = std::chrono::hours(6);
inline constexpr std::chrono::milliseconds recording_interval = std::chrono::milliseconds(500);
inline constexpr std::size_t recording_ring_bytes = std::size_t{256} << 10;
// How long an export waits for frames that passed out of order.
inline constexpr std::chrono::milliseconds recording_reorder = std::chrono::seconds(2);

}  // namespace pqc::client::limits
