// What meeting by a code may cost the server (docs/spec/rendezvous.md §4).
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::server::rendezvous {

inline constexpr std::size_t slot_size = 16;
// What each leaves for the other: a sealed ticket and room to grow.
inline constexpr std::size_t max_sealed_size = 1'024;
// Slots at once: in all, of one source (an address, or an IPv6 /64), and of one site (an IPv6 /48), so that neither
// takes them from all others. How long one lives.
inline constexpr std::size_t max_slots = 10'000;
inline constexpr std::size_t max_slots_of_source = 300;
inline constexpr std::size_t max_slots_of_site = 900;
inline constexpr std::chrono::minutes slot_lifetime{10};
// How long a question waits for the other before it is answered "not yet".
inline constexpr std::chrono::seconds longest_wait{10};

// Questions of one address (an IPv6 /64 is one) a second, and at once; loopback has no such limit.
inline constexpr double questions_per_second = 0.5;
inline constexpr double questions_burst = 30;

}  // namespace pqc::server::rendezvous
