// Every limit of the ratchet (docs/spec/ratchet.md §7).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::ratchet {

// Keys of messages that were passed over, all chains of a session together; the oldest go first.
inline constexpr std::size_t max_skipped_keys = 2'000;
// Messages passed over at once.
inline constexpr std::uint32_t max_jump = 25'000;
// Receiving chains that are over, but still have a skipped key.
inline constexpr std::size_t max_older_chains = 5;
// Header keys tried on a message: the current chain, the next turn, the older chains.
inline constexpr std::size_t max_header_trials = 2 + max_older_chains;
inline constexpr std::size_t max_associated_data = 1'024;
inline constexpr std::size_t max_text = 262'144;
// Numbers of messages in a turn are below this.
inline constexpr std::uint32_t max_chain_length = 0xFFFF'FFFF;
// The last turn a session may have; with one a microsecond it would be reached after nine years.
inline constexpr std::uint64_t last_turn = 0xFFFF'FFFF'FFFF;

}  // namespace pqc::ratchet
