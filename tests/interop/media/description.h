// How a peer of the tests is reached, as lines of text: what a harness puts into SDP, and takes out of it.
//
//   ufrag TEXT · password TEXT · fingerprint HEX · candidate IP PORT (host candidates over UDP)
//   payload_type NUMBER   of Opus
//   extension NUMBER      that the transport-wide sequence number has; none: 0
//   nack                  lost packets are asked for and sent again
//   end
#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "media/transport/certificate.h"
#include "net/ice/candidate.h"

namespace pqc::interop {

struct Description {
  net::ice::Credentials credentials;
  std::vector<net::ice::Candidate> candidates;
  media::Fingerprint fingerprint;
  std::uint8_t payload_type = 111;
  std::uint8_t extension = 0;
  bool nack = false;
};

void write(const Description& description, std::ostream& out);
// Nothing where a line is none of these, or "end" is missing.
std::optional<Description> read(std::istream& in);

}  // namespace pqc::interop
