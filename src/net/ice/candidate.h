// What one side of ICE tells the other (RFC 8445 §5.3), in values that have nothing to do with a library. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace pqc::net::ice {

// In the order of preference (RFC 8445 §5.1.2.2). Peer-reflexive ones are found by checks; nobody is told of them.
enum class CandidateType : std::uint8_t { host = 1, server_reflexive = 2, relayed = 3, peer_reflexive = 4 };

// A UDP transport address; `ip` is numeric.
struct Candidate {
  CandidateType type{};
  std::string ip;
  std::uint16_t port = 0;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// Whether checks may go to what the other side names, where `ours` are this machine's addresses: not to what is no host
// (unspecified, multicast, broadcast), nor to IPv4 addresses dressed up as IPv6, nor to services of this machine on
// loopback, unless it is on loopback itself. Addresses of local networks are usable: there peers meet.
[[nodiscard]] bool is_usable_candidate(const Candidate& candidate, std::span<const std::string> ours);

// RFC 8445 §5.3: at least 4 and 22 characters of base64's alphabet.
struct Credentials {
  std::string ufrag;
  std::string password;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace pqc::net::ice
