// Bounds of the relay (docs/spec/relay.md §8). Sizes in bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::server::relay {

// A sealed body: 64 KiB of text with padding, headers and the initial part of a session.
inline constexpr std::size_t max_body_size = std::size_t{128} << 10;
inline constexpr int max_append_items = 256;

// Deliveries on the way to one device that it did not acknowledge yet.
inline constexpr std::size_t window_items = 512;
inline constexpr std::size_t window_bytes = std::size_t{2} << 20;
// One read from the mailbox for a subscriber.
inline constexpr std::size_t page_items = 128;
inline constexpr std::size_t page_bytes = std::size_t{512} << 10;
// Pages that are read or wait to be at a time, for all subscribers: the others' reads come after them.
inline constexpr std::size_t max_reads = 64;
// Items go into one deliver frame up to this many bytes of bodies.
inline constexpr std::size_t deliver_frame_bytes = std::size_t{512} << 10;

}  // namespace pqc::server::relay
