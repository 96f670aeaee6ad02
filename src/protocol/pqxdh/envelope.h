// What a mailbox carries from device to device (docs/spec/envelope.md).
//
//   kind 1  initial          initial part, then a ratchet message
//   kind 2  message          a ratchet message
//   kind 3  acknowledgement  1 to max_acknowledgements tags of 16 bytes
//
// The kind is in the ratchet message's associated data, so no envelope can be relabelled (THREATS 1).
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "protocol/pqxdh/error.h"
#include "protocol/pqxdh/pqxdh.h"

namespace pqc::pqxdh {

enum class EnvelopeKind : std::uint8_t { initial = 1, message = 2, acknowledgement = 3 };

// 16 bytes that only the two ends can derive from a message's key (docs/spec/ratchet.md).
using AcknowledgementTag = std::array<std::uint8_t, 16>;

// Views into the decoded bytes.
struct InitialEnvelope {
  ByteView initial_part;
  ByteView ratchet_message;
};
struct MessageEnvelope {
  ByteView ratchet_message;
};
struct AcknowledgementEnvelope {
  std::vector<AcknowledgementTag> tags;
};
using Envelope = std::variant<InitialEnvelope, MessageEnvelope, AcknowledgementEnvelope>;

// Parses to the last byte; the views live as long as `bytes`. Errors: malformed, unsupported (format), limit.
[[nodiscard]] Result<Envelope> decode_envelope(ByteView bytes);

[[nodiscard]] Bytes encode_initial_envelope(ByteView initial_part, ByteView ratchet_message);
[[nodiscard]] Bytes encode_message_envelope(ByteView ratchet_message);
[[nodiscard]] Bytes encode_acknowledgement_envelope(std::span<const AcknowledgementTag> tags);

// Associated data for the ratchet message of an envelope: label, kind, session id.
inline constexpr std::size_t envelope_associated_data_size = 19 + 1 + 64;
[[nodiscard]] std::array<std::uint8_t, envelope_associated_data_size> envelope_associated_data(
    EnvelopeKind kind, const SessionId& session);

}  // namespace pqc::pqxdh
