// Every limit of the wire layer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::wire {

// RFC 9420 §2.1.2: the variable-size length has at most 30 bits.
inline constexpr std::uint64_t max_varint = (std::uint64_t{1} << 30) - 1;

// Padding: the smallest padded size and the smallest step. Above eight steps the step grows with the size, so that at
// most 1/8 is added.
inline constexpr std::size_t padding_step = 64;

}  // namespace pqc::wire
