// What calls may cost the server (docs/spec/calls.md §8).
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::server::calls {

inline constexpr std::size_t id_size = 16;
// Calls that are remembered, over or not, and live ones that one account makes.
inline constexpr std::size_t max_calls = 20'000;
inline constexpr std::size_t max_live_calls_of_account = 4;
inline constexpr std::chrono::seconds ringing_lifetime{60};
inline constexpr std::chrono::hours active_lifetime{24};
// How long the end of a call can be asked for.
inline constexpr std::chrono::seconds memory_of_ended{60};

// Sealed offers that are handed over with a call: of one call, one of them, all together.
inline constexpr std::size_t max_offers = 16;
inline constexpr std::size_t max_offer_size = std::size_t{16} << 10;
inline constexpr std::size_t max_offer_bytes = std::size_t{8} << 20;

// Calls made by one account, and its other requests about calls.
inline constexpr double starts_per_second = 0.2;
inline constexpr double starts_burst = 20;
inline constexpr double requests_per_second = 10;
inline constexpr double requests_burst = 100;

// Bearer tokens of connections.
inline constexpr std::size_t token_size = 32;
inline constexpr std::chrono::hours token_lifetime{1};

}  // namespace pqc::server::calls
