// Every bound on what a direct chat takes from the other side (docs/spec/p2p.md §2). Sizes are in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::p2p::limits {

// A frame without its length, before and after the handshake.
inline constexpr std::size_t handshake_frame = std::size_t{48} << 10;
inline constexpr std::size_t frame = std::size_t{128} << 10;
// What waits to be written to a link whose other end does not read.
inline constexpr std::size_t queued = std::size_t{4} << 20;
inline constexpr std::size_t name = 64;
inline constexpr std::size_t record = std::size_t{40} << 10;
inline constexpr std::size_t public_key = 1024;
inline constexpr std::size_t bundle_part = 8192;

// Connections whose handshake is under way; for one more, the oldest of the busiest address is closed (THREATS 22).
inline constexpr std::size_t handshakes = 8;
// How many that failed are shown to the user.
inline constexpr std::size_t given_up_shown = 20;
inline constexpr std::chrono::milliseconds handshake_time{20'000};
inline constexpr std::chrono::milliseconds connect_time{15'000};
// How long a QUIC connection that failed is kept, so that it answers what still comes (RFC 9000 §10.2); at most as many
// as there are handshakes.
inline constexpr std::chrono::milliseconds ended_time{3'000};
// How long the end of a link waits until what was sent on it is acknowledged; as many at once.
inline constexpr std::chrono::milliseconds closing_time{1'000};
// A ping when nothing came for so long; a link from which nothing came for the second time is lost.
inline constexpr std::chrono::milliseconds ping_interval{20'000};
inline constexpr std::chrono::milliseconds silence{60'000};
// How long who leaves waits for acknowledgements, and then for the other side to close.
inline constexpr std::chrono::milliseconds drain_time{10'000};
inline constexpr std::chrono::milliseconds goodbye_time{2'000};
// Messages that wait for their acknowledgement.
inline constexpr std::size_t unacknowledged = 1000;

// Files: one a direction at a time. A chunk leaves while less than so much waits for the link, so that texts in between
// do not wait long.
inline constexpr std::uint64_t file = std::uint64_t{1} << 40;
inline constexpr std::size_t file_name = 200;
inline constexpr std::size_t file_chunk = 64'000;
inline constexpr std::size_t file_ahead = std::size_t{256} << 10;

// Tickets: characters, addresses in one, and how long one can be used.
inline constexpr std::size_t ticket_text = 300;
inline constexpr std::size_t candidates = 8;
inline constexpr std::size_t candidates_bytes = candidates * 19;
inline constexpr std::size_t ticket_bytes = 217;  // what fits into the characters, without the sum
inline constexpr std::chrono::minutes ticket_life{60};
// The same for a path between contacts (docs/spec/direct.md §3), in whole minutes.
inline constexpr std::chrono::minutes direct_ticket_life{2};
// How long after one address the next one is tried (RFC 8305 §5).
inline constexpr std::chrono::milliseconds next_candidate{100};
// Meeting by a code: what one leaves for the other, how long the other is waited for, and then for the link.
inline constexpr std::size_t meeting_content = 510;
inline constexpr std::chrono::minutes meeting_time{10};
inline constexpr std::chrono::milliseconds introduced_time{60'000};
// Finding a way: how many STUN servers are asked and for how long, how long their names are looked up, how long
// candidates are waited for, and when checks that led nowhere are made again: before NATs forget the last ones.
inline constexpr std::size_t stun_servers = 8;
inline constexpr std::chrono::milliseconds lookup_time{1500};
// Candidates that trickle: how long those are waited for that go into the ticket, and how many of one side are taken.
inline constexpr std::chrono::milliseconds trickle_wait{100};
inline constexpr std::size_t candidates_in_all = 16;
inline constexpr std::chrono::milliseconds stun_first_wait{250};
inline constexpr std::chrono::milliseconds stun_time{1500};
inline constexpr std::chrono::milliseconds gather_time{3000};
inline constexpr std::chrono::milliseconds checks_again{8000};
inline constexpr std::size_t turn_password = 256;
// How long the account's own server is waited for, before a ticket is made without its relays.
inline constexpr std::chrono::milliseconds relay_time{3000};
// Once a path stands: how often each side is heard of at least, after which silence a new path is looked for, and how
// long one attempt has.
inline constexpr std::chrono::milliseconds path_beat{1000};
inline constexpr std::chrono::milliseconds path_silence{3500};
inline constexpr std::chrono::milliseconds path_attempt{2500};
// On a local network: a name (RFC 6763 §4.1.1), how many are shown, how long they are looked for, and somebody named;
// once that one is found, how long others that may be the same are looked for.
inline constexpr std::size_t nearby_name = 63;
inline constexpr std::size_t nearby_peers = 64;
inline constexpr std::chrono::milliseconds nearby_time{3'000};
inline constexpr std::chrono::milliseconds nearby_peer_time{10'000};
inline constexpr std::chrono::milliseconds nearby_more_time{400};
// Lines that a pipe brings before the chat is open.
inline constexpr std::size_t early_lines = 1000;

// People whose keys are remembered.
inline constexpr std::size_t known_peers = 4096;
inline constexpr std::size_t peers_file = std::size_t{1} << 20;

}  // namespace pqc::p2p::limits
