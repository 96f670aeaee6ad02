// Every bound on what a key holder keeps.
#pragma once

#include <cstddef>

namespace pqc::keys {

// Batches of one suite whose private halves are kept: the current one and those still in their grace.
inline constexpr std::size_t max_batches_a_suite = 32;
// One item of stored state: a batch of 1,024 pairs and what it remembers.
inline constexpr std::size_t max_state_item_size = std::size_t{1} << 20;

}  // namespace pqc::keys
