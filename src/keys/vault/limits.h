// Every bound of the vault file (docs/spec/vault.md). Sizes in bytes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "crypto/password_hash.h"

namespace pqc::keys::vault {

inline constexpr std::size_t max_vault_file_size = std::size_t{16} << 20;
inline constexpr std::size_t max_slots = 3;
inline constexpr std::size_t max_items = 1024;
inline constexpr std::size_t max_item_name_size = 128;
inline constexpr std::size_t max_item_value_size = std::size_t{1} << 22;
inline constexpr std::size_t max_passphrase_size = 1024;

inline constexpr std::uint32_t min_memory_kib = 64 * 1024;
inline constexpr std::uint32_t max_memory_kib = 512 * 1024;
inline constexpr std::uint32_t max_passes = 16;
inline constexpr std::uint32_t max_lanes = 4;

// What a slot starts with, and how it is strengthened (§4): at most to the last step, and only while the next one is
// expected to take no longer than the target.
inline constexpr std::array<crypto::Argon2Parameters, 3> argon2_steps{
    {{64 * 1024, 3, 1}, {128 * 1024, 3, 1}, {256 * 1024, 3, 1}}};
inline constexpr std::chrono::milliseconds strengthen_target{500};

// Wrong passphrases (§7).
inline constexpr std::uint32_t free_attempts = 3;
inline constexpr std::chrono::milliseconds first_delay{1000};
inline constexpr std::chrono::milliseconds max_delay = std::chrono::seconds(300);

}  // namespace pqc::keys::vault
