// Which of several STUN servers to take: the first that answers (docs/spec/p2p.md §14). Blocks; any thread.
#pragma once

#include <optional>
#include <span>

#include "base/rng.h"
#include "p2p/address.h"

namespace pqc::p2p {

// Numeric, IPv4 (behind an IPv6 address there is no NAT to ask about). Asks all of them at once, several times, and
// gives up after limits::stun_time. Nothing where none answers, or none was named.
std::optional<Address> first_answering(std::span<const Address> servers, Rng& rng);

}  // namespace pqc::p2p
