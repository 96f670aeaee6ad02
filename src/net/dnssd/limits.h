// Every bound on what the local network may bring (docs/spec/p2p.md §16). Sizes are in bytes.
#pragma once

#include <cstddef>

namespace pqc::net::dnssd::limits {

// RFC 6763 §4.1.1: one label of a name.
inline constexpr std::size_t name = 63;
// Strings of a TXT record, and each of them (RFC 6763 §6.1).
inline constexpr std::size_t texts = 16;
inline constexpr std::size_t text = 255;
// Services that are resolved at once, each on one interface and for one family, and what waits to be looked at.
inline constexpr std::size_t resolving = 128;
inline constexpr std::size_t waiting = 512;
// Other names that are tried where ours is taken already.
inline constexpr int renames = 8;

}  // namespace pqc::net::dnssd::limits
