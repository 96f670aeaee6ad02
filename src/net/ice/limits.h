// Every bound of an ICE agent.
#pragma once

#include <chrono>
#include <cstddef>

namespace pqc::net::ice::limits {

inline constexpr std::size_t local_addresses = 16;
inline constexpr std::size_t turn_servers = 8;
// Datagrams that came and wait to be taken; the others are dropped, as a full socket would.
inline constexpr std::size_t waiting = 4096;
// What a socket keeps, where the system allows.
inline constexpr int socket_buffer = 4 << 20;
// Before a connection stands, what keeps the mapping at a NAT: below the 30 s that some keep it (RFC 4787 §4.3 asks for
// two minutes).
inline constexpr std::chrono::seconds keep_mapping{15};
// RFC 8489 §6.2.1: the first wait for a server's answer; each is twice the one before.
inline constexpr std::chrono::milliseconds first_wait{250};
// How an ended agent tells its relays: how long it waits for an answer before it says it again, how often it says it,
// and when it is ended though something of it still waits. That leaves its sockets behind, and so comes long after
// libnice has given up by itself, on a machine that stood still for a moment too. Of ended agents so many at once, for
// an echo service may end in the middle of 64 calls, and a call that goes over to another path has two; relays of
// further ones find out by themselves (RFC 8656 §3.2).
inline constexpr std::chrono::milliseconds farewell_wait{150};
inline constexpr unsigned farewell_tries = 2;
inline constexpr std::chrono::milliseconds farewell{3000};
inline constexpr std::size_t farewells = 128;
// A datagram that is said to have waited longer did not: who adopted the agent looks more often.
inline constexpr std::chrono::milliseconds oldest_datagram{500};
// What is taken from a path's socket at once, before others get their turn. Where more bytes wait, libnice does not get
// them on a thread that is in a hurry.
inline constexpr std::size_t datagrams_a_turn = 1024;
inline constexpr std::size_t waiting_for_library = std::size_t{64} << 10;
// How long who has adopted an agent waits where that waits for nothing but sockets.
inline constexpr std::chrono::seconds longest_wait{60};

// A tunnel to a relay over TLS: what waits in each direction, and how long TCP and TLS may take to stand. No answer to
// what was sent for so long ends it.
inline constexpr std::size_t tunnel_buffer = std::size_t{32} << 10;
inline constexpr std::chrono::seconds tunnel_handshake{10};
inline constexpr std::chrono::seconds tunnel_silence{30};
// Reads and writes of one connection before the others get their turn.
inline constexpr int tunnel_turns = 16;
// How long its listener is left alone where the system has no descriptor or memory for what waits there.
inline constexpr std::chrono::milliseconds tunnel_pause{100};

}  // namespace pqc::net::ice::limits
