// Every limit of the media transport (docs/spec/media.md names them).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::media::limits {

using namespace std::chrono_literals;

// Of a datagram, without UDP's header; larger ones are neither sent nor taken.
inline constexpr std::size_t datagram = 1'200;
inline constexpr std::size_t received_datagram = 1'500;

inline constexpr std::size_t streams = 4;

// Secrets that go into the mix.
inline constexpr std::size_t min_mix_secret = 32;
inline constexpr std::size_t max_mix_secret = 64;

// DTLS: our copy of the last flight, and when it goes out again.
inline constexpr std::size_t flight_datagrams = 16;
inline constexpr auto first_retransmission = 100ms;
inline constexpr auto longest_retransmission = 800ms;
inline constexpr auto handshake = 15s;
// Handshakes that an acceptor has under way, and how many it begins, by different ClientHellos, in so much time.
inline constexpr std::size_t handshake_attempts = 16;
inline constexpr auto attempt_time = 1s;
// How often a connector repeats its first and its second flight before it begins anew.
inline constexpr unsigned unanswered_repeats = 5;
inline constexpr unsigned unanswered_ends = 2;

// Frame keys.
inline constexpr std::uint64_t first_counter = 65'536;
inline constexpr std::uint64_t last_counter = (std::uint64_t{1} << 24) - 1;
inline constexpr std::uint64_t rekey_counter = std::uint64_t{1} << 23;
inline constexpr std::uint32_t last_generation = (1U << 15) - 1;
inline constexpr std::uint32_t generation_jump = 1'024;
// How often keys of a generation behind the next one are derived, whoever asks for it.
inline constexpr auto far_derivation = 100ms;
inline constexpr auto generation_life = 10min;
inline constexpr auto late_frames = 2s;
inline constexpr std::size_t replay_window = 1'024;

// Packets that wait for the pacer; behind that the oldest is given up.
inline constexpr std::size_t paced_packets = 128;
// Sent packets whose arrival the peer may still report, and that may be asked for again.
inline constexpr std::size_t sent_packets = 1'024;
inline constexpr std::size_t kept_packets = 128;
// How often a packet is asked for, and how often one is sent again.
inline constexpr unsigned repeats = 3;
inline constexpr std::size_t missing_packets = 64;
inline constexpr auto first_request = 20ms;

// Sources that a plain peer may bring, those of its streams among them; a peer of ours has the latter only.
inline constexpr std::size_t plain_sources = 8;

inline constexpr auto report_interval = 1'000ms;
inline constexpr auto feedback_interval = 200ms;
inline constexpr std::size_t feedback_packets = 256;
// How far behind the last packet that feedback has told of one may come and still be told of; and how long before the
// last one that arrived a missing packet has to be sent to count as lost.
inline constexpr std::int64_t late_arrivals = 64;
inline constexpr auto late_packets = 250ms;

}  // namespace pqc::media::limits
