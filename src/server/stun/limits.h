// What a stranger may cost the STUN service (docs/spec/stun.md §4). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::server::stun {

// The largest request: what fits the smallest IPv6 packet (RFC 8200 §5) behind its header and that of UDP.
inline constexpr std::size_t max_request = 1'280 - 40 - 8;

// Requests of one source (an IPv6 /64 is one) a second, and at once; this machine itself (loopback) has no such limit.
inline constexpr float requests_per_second = 100;
inline constexpr float requests_burst = 1'000;
// Sources share this many buckets, whatever happens: 8 bytes each.
inline constexpr std::size_t source_buckets = std::size_t{1} << 16;

// Datagrams read, and answers written, in one call.
inline constexpr std::size_t datagrams_at_once = 64;
// The kernel's buffer for datagrams that wait.
inline constexpr int receive_buffer = 1 << 20;

// TCP connections in all and of one source. When all are taken, the one that has been silent longest makes room.
inline constexpr std::size_t max_connections = 256;
inline constexpr std::size_t max_connections_of_source = 8;
// From accept, or from the request before, to the end of the next one.
inline constexpr std::chrono::seconds request_deadline{10};
// How often deadlines are looked at.
inline constexpr std::chrono::seconds tick{1};
// Connections accepted before the datagrams get their turn.
inline constexpr int accepts_at_once = 16;

}  // namespace pqc::server::stun
