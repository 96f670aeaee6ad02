// Every bound on what a connection may cost, both sides (docs/spec/relay.md §8). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::net {

// One WebSocket message. Before login the smaller one holds: an account record and a signature fit.
inline constexpr std::size_t max_frame_size = std::size_t{1} << 20;
inline constexpr std::size_t max_frame_size_before_login = std::size_t{256} << 10;
// RFC 6455 §5.5.
inline constexpr std::size_t max_control_payload = 125;

// Request line and header fields of an HTTP request, or of the answer to our upgrade.
inline constexpr std::size_t max_http_head = 8192;
// Of a request that is no WebSocket.
inline constexpr std::size_t max_http_body = std::size_t{64} << 10;

// From accept to the end of the TLS handshake, and from there to the end of the HTTP head.
inline constexpr std::chrono::seconds handshake_deadline{10};
inline constexpr std::chrono::seconds http_head_deadline{5};
// From there to the end of the body.
inline constexpr std::chrono::seconds http_body_deadline{10};
// From the upgrade to a login.
inline constexpr std::chrono::seconds login_deadline{15};
// From the first byte of a frame to its last.
inline constexpr std::chrono::seconds frame_deadline{30};
// What is queued for a peer must move within this.
inline constexpr std::chrono::seconds write_deadline{30};
// Silence after which the server sends a ping, and after which it closes.
inline constexpr std::chrono::seconds idle_ping_after{240};
inline constexpr std::chrono::seconds idle_close_after{300};
// A closing connection may take this long to say goodbye.
inline constexpr std::chrono::seconds close_deadline{3};
// All deadlines are looked at once in this time.
inline constexpr std::chrono::milliseconds deadline_tick{500};

// Connections of one address (an IPv6 /64 counts as one), in all and before login.
inline constexpr std::size_t max_connections_per_address = 16'384;
inline constexpr std::size_t max_strangers_per_address = 256;
inline constexpr std::size_t max_connections = 60'000;
// New ones of one address in a second, and at once; addresses that are remembered for it (more than can be connected).
inline constexpr double connections_per_second_of_address = 100;
inline constexpr double connections_burst_of_address = 2'000;
inline constexpr std::size_t max_known_addresses = 100'000;

// A connection is not read from while more than this is queued for it, and is closed beyond the second.
inline constexpr std::size_t write_queue_high = std::size_t{256} << 10;
inline constexpr std::size_t write_queue_limit = std::size_t{8} << 20;
// The client's queue.
inline constexpr std::size_t link_queue_bytes = std::size_t{16} << 20;

// After an accept that failed, so that a lack of descriptors costs no time of those that are connected.
inline constexpr std::chrono::milliseconds accept_pause{100};

// A TLS record's payload (RFC 8446 §5.1), and what is read at once for all connections of a thread.
inline constexpr std::size_t tls_record_payload = 16'384;
inline constexpr std::size_t read_chunk = std::size_t{64} << 10;
// Reads for one connection before the others get their turn.
inline constexpr int reads_per_turn = 4;

// Requests at once on the loopback port.
inline constexpr std::size_t max_local_requests = 16;

// Session tickets: how long one may be used, and how often the key that seals them changes; tickets of
// the key before lead to a full handshake.
inline constexpr std::chrono::hours ticket_lifetime{12};
inline constexpr std::chrono::hours ticket_key_lifetime{6};

}  // namespace pqc::net
