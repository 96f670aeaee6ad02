// What two people exchange over any other channel to meet without a server (docs/spec/p2p.md §13): who I am, with which
// key I answer, and where. Public: it lets its holder reach me until it expires, and nothing more. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "client/error.h"
#include "net/ice/candidate.h"

namespace pqc::p2p {

// What ICE's credentials are made of: 24 and 128 random bits (RFC 8445 §5.3).
struct IceKeys {
  std::array<std::uint8_t, 3> ufrag{};
  std::array<std::uint8_t, 16> password{};

  friend bool operator==(const IceKeys&, const IceKeys&) = default;
};

struct Ticket {
  enum class Kind : std::uint8_t { offer = 1, answer = 2 };

  Kind kind{};
  UnixMillis expires;                          // whole minutes
  std::array<std::uint8_t, 32> identity{};     // what §10 remembers of a peer
  std::array<std::uint8_t, 32> certificate{};  // SHA-256 of the SubjectPublicKeyInfo of its TLS certificate
  std::array<std::uint8_t, 16> answers{};      // the hash of the offer; zero in an offer
  IceKeys ice;
  std::vector<net::ice::Candidate> candidates;  // the likeliest first

  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// The first 16 bytes of SHA-256 over an offer.
[[nodiscard]] std::array<std::uint8_t, 16> hash_of(const Ticket& ticket);

// The first of each type, then the others: of a list that is cut off, every type is left.
[[nodiscard]] std::vector<net::ice::Candidate> by_need(std::span<const net::ice::Candidate> candidates);

// Candidates as a ticket has them, one after another; those that it would leave out are left out, and what is beyond
// limits::candidates.
[[nodiscard]] Bytes encode_candidates(std::span<const net::ice::Candidate> candidates);
// At most limits::candidates; nothing for what breaks a rule.
[[nodiscard]] std::optional<std::vector<net::ice::Candidate>> decode_candidates(ByteView bytes);

// Those of its candidates that its text has.
[[nodiscard]] std::vector<net::ice::Candidate> candidates_in(const Ticket& ticket);

// Some of ours for the other side, as encode_candidates has them; with `last`, no more come.
struct CandidateNews {
  Bytes candidates;
  std::size_t count = 0;
  bool last = false;
};
// What is to be told of `all` that is not in `told` yet, and is then: limits::candidates each time, and no more than
// limits::candidates_in_all. With `last` one says so, even if it has none.
[[nodiscard]] std::vector<CandidateNews> candidates_since(std::vector<net::ice::Candidate>& told,
                                                          std::span<const net::ice::Candidate> all, bool last);

// At most limits::ticket_text characters. Candidates that do not fit any more are left out, and those that are no
// address or that nobody is told of.
[[nodiscard]] std::string to_text(const Ticket& ticket);
// White space around it is passed over. Error: refused, for what is not a ticket, damaged, or expired by `now`.
[[nodiscard]] client::Result<Ticket> parse_ticket(std::string_view text, UnixMillis now);

}  // namespace pqc::p2p
