// Every bound on what identity structures may bring from outside (docs/spec/identity.md §2). All sizes are in bytes.
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::identity {

inline constexpr std::size_t max_name_size = 64;
inline constexpr std::size_t max_server_size = 253;
inline constexpr std::size_t max_suites = 4;
inline constexpr std::size_t max_active_devices = 16;
// Active devices and tombstones together: an entry never leaves a record.
inline constexpr std::size_t max_devices = 256;
// The longest public key of any kind and suite (a composite Ed25519 + ML-DSA-87 key has 2,624).
inline constexpr std::size_t max_public_key_size = 4096;
inline constexpr std::size_t max_signature_size = 8192;
// A record of 16 devices in four suites, with its tombstones.
inline constexpr std::size_t max_record_size = std::size_t{128} << 10;

inline constexpr std::chrono::milliseconds record_lifetime = std::chrono::days(30);
// How far the clocks of two machines may differ.
inline constexpr std::chrono::milliseconds clock_tolerance = std::chrono::minutes(10);

}  // namespace pqc::identity
