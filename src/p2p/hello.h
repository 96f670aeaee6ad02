// The first frame of each side (docs/spec/p2p.md §4): what it wants, and who it says it is. Nothing here is proved;
// both hellos are in the transcript that the Encryptor binds. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "client/error.h"
#include "crypto/suite.h"

namespace pqc::p2p {

// Who connected, and who listened.
enum class Role : std::uint8_t { initiator = 1, responder = 2 };

struct Hello {
  Role role{};
  std::uint8_t encryption = 0;
  crypto::Level minimum_level{};
  std::array<std::uint8_t, 32> nonce{};
  std::string name;
  Bytes record;  // signed account record; ratchet only
  Bytes key;     // SubjectPublicKeyInfo; rsa only

  friend bool operator==(const Hello&, const Hello&) = default;
};

[[nodiscard]] Bytes encode(const Hello& hello);
// Parses to the last byte. Error: protocol_mismatch.
[[nodiscard]] client::Result<Hello> decode_hello(ByteView bytes);

// Both, as they were sent. Views; valid for the call only.
struct Hellos {
  const Hello& ours;
  const Hello& theirs;
  ByteView ours_sent;
  ByteView theirs_sent;
  ByteView binding = {};  // of the link

  [[nodiscard]] ByteView initiator() const { return ours.role == Role::initiator ? ours_sent : theirs_sent; }
  [[nodiscard]] ByteView responder() const { return ours.role == Role::initiator ? theirs_sent : ours_sent; }
};

// The hash of handshake messages, each behind its length (docs/spec/p2p.md §5).
using TranscriptHash = std::array<std::uint8_t, 64>;
[[nodiscard]] TranscriptHash hash_transcript(std::initializer_list<ByteView> messages);

// A peer's handshake that does not hold: one answer for every reason, which goes to our own log.
[[nodiscard]] std::unexpected<client::Error> refused(std::string_view why);

}  // namespace pqc::p2p
