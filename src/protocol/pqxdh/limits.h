// Every bound on what key agreement may bring from outside (docs/spec/pqxdh.md §2). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::pqxdh {

// One-time pairs of a batch.
inline constexpr std::uint32_t max_batch_size = 1024;
inline constexpr std::uint32_t default_batch_size = 100;
inline constexpr std::size_t max_path_length = 10;  // log2(max_batch_size)

// A bundle without the account record: signed manifest and one pair, or signed manifest and last-resort key.
inline constexpr std::size_t max_bundle_size = 8192;
inline constexpr std::size_t max_prekey_size = 2048;
inline constexpr std::size_t max_initial_part_size = 8192;
// An envelope: the initial part and a ratchet message of 64 KiB of text with its header and padding.
inline constexpr std::size_t max_envelope_size = std::size_t{96} << 10;
inline constexpr std::size_t max_acknowledgements = 64;

// How long a batch may be used by initiators, and how much longer its holder still answers.
inline constexpr std::chrono::milliseconds batch_lifetime = std::chrono::days(14);
inline constexpr std::chrono::milliseconds batch_grace = std::chrono::days(30);
inline constexpr std::chrono::milliseconds clock_tolerance = std::chrono::minutes(10);

// Sessions started with reusable prekeys only that a holder remembers for each batch, against replay; further ones are
// refused until the batch is destroyed.
inline constexpr std::size_t max_remembered_sessions = 4096;

}  // namespace pqc::pqxdh
