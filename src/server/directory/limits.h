// Bounds of the prekey directory (docs/spec/relay.md §8). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::server::directory {

// One signed manifest, one pair with its path, one last-resort key.
inline constexpr std::size_t max_batch_size = 16 << 10;
inline constexpr std::size_t max_pair_size = 4 << 10;
inline constexpr std::size_t max_last_resort_size = 4 << 10;
// Pairs that one batch may bring.
inline constexpr std::size_t max_one_time_pairs = 400;
inline constexpr std::chrono::days max_batch_lifetime{60};

// One-time pairs that one account gets from one device in one window (THREATS 10).
inline constexpr std::uint32_t max_hand_outs = 20;
inline constexpr std::chrono::hours hand_out_window{1};

}  // namespace pqc::server::directory
