// The frame around a message and its secret (docs/spec/agent.md §3). Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/secret.h"

namespace pqc::keys::agent_protocol {

inline constexpr std::size_t frame_header_size = 8;

struct FrameHeader {
  std::uint32_t message_size = 0;
  std::uint32_t secret_size = 0;
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

[[nodiscard]] std::array<std::uint8_t, frame_header_size> encode(const FrameHeader& header);
// Nothing for an empty or too large part.
[[nodiscard]] std::optional<FrameHeader> decode_header(std::span<const std::uint8_t, frame_header_size> bytes,
                                                       std::size_t max_message);

// A secret part of two: opaque<0..2^16-1> each, to the last byte.
[[nodiscard]] SecretBytes join_secrets(ByteView first, ByteView second);
struct TwoSecrets {
  ByteView first;
  ByteView second;
};
[[nodiscard]] std::optional<TwoSecrets> split_secrets(ByteView secret);

}  // namespace pqc::keys::agent_protocol
