// A key from a passphrase: Argon2id (RFC 9106).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/error.h"

namespace pqc::crypto {

// The parameters stand beside what they protect, so they come from outside: all have limits.
struct Argon2Parameters {
  std::uint32_t memory_kib = 64 * 1024;  // RFC 9106 §4, second recommended option
  std::uint32_t passes = 3;
  std::uint32_t lanes = 1;
};

inline constexpr std::uint32_t max_argon2_memory_kib = 1024 * 1024;
inline constexpr std::uint32_t max_argon2_passes = 16;
inline constexpr std::uint32_t max_argon2_lanes = 16;
inline constexpr std::size_t min_argon2_salt_size = 16;
inline constexpr std::size_t min_argon2_output_size = 16;
inline constexpr std::size_t max_argon2_output_size = 128;

// Fills `out`. Takes tens of milliseconds and memory_kib of memory, which is wiped.
[[nodiscard]] Result<void> argon2id(ByteView passphrase, ByteView salt, const Argon2Parameters& parameters,
                                    ByteSpan out);

}  // namespace pqc::crypto
