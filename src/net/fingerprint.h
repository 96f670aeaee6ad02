// The fingerprint of a server's ML-DSA key: SHA-256 over the DER SubjectPublicKeyInfo of its certificate
// (docs/spec/relay.md, "The server's key"). Clients pin it; login statements name it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pqc::net {

struct Fingerprint {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// 52 characters of base32 (RFC 4648 §6, lower case, no padding) in groups of four: "k3zy-7q2m-…".
std::string to_text(const Fingerprint& fingerprint);

// Takes the text in either case, with or without dashes and blanks; nothing else.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace pqc::net
