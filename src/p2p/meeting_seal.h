// What two who share a code leave for each other at a server, and under which name (docs/spec/rendezvous.md §2). Who
// does not have the code learns neither and forges nothing. One thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "client/error.h"
#include "net/fingerprint.h"
#include "p2p/meeting_code.h"

namespace pqc::p2p {

// Of a meeting, one after the other. In each both leave something.
enum class Round : std::uint8_t { greeting = 1, offer = 2, answer = 3 };

class MeetingSeal {
 public:
  using Slot = std::array<std::uint8_t, 16>;

  // Stretches the code for a meeting at this server, which takes about a tenth of a second and 64 MiB.
  static client::Result<MeetingSeal> make(const MeetingCode& code, const net::Fingerprint& server);

  [[nodiscard]] const Slot& slot(Round round) const { return slots_[static_cast<std::size_t>(round) - 1]; }
  // At most limits::meeting_content bytes. The result is always of one size, and another one every time.
  [[nodiscard]] client::Result<Bytes> seal(Round round, ByteView content, Rng& rng) const;
  // Error: refused, for what was not sealed with this code, for this server and round.
  [[nodiscard]] client::Result<Bytes> open(Round round, ByteView sealed) const;

 private:
  MeetingSeal() = default;

  SecretBytes key_;
  std::array<Slot, 3> slots_{};
};

}  // namespace pqc::p2p
