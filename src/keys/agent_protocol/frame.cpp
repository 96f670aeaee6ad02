#include "keys/agent_protocol/frame.h"

#include "keys/agent_protocol/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::keys::agent_protocol {

std::array<std::uint8_t, frame_header_size> encode(const FrameHeader& header) {
  std::array<std::uint8_t, frame_header_size> out;
  wire::Writer(ByteSpan(out)).u32(header.message_size).u32(header.secret_size);
  return out;
}

std::optional<FrameHeader> decode_header(std::span<const std::uint8_t, frame_header_size> bytes,
                                         std::size_t max_message) {
  wire::Reader reader(bytes);
  const FrameHeader header{*reader.u32(), *reader.u32()};
  if (header.message_size == 0 || header.message_size > max_message || header.secret_size > max_secret_size)
    return std::nullopt;
  return header;
}

SecretBytes join_secrets(ByteView first, ByteView second) {
  SecretBytes out(4 + first.size() + second.size());
  wire::Writer(out.fill()).opaque16(first).opaque16(second);
  return out;
}

std::optional<TwoSecrets> split_secrets(ByteView secret) {
  wire::Reader reader(secret);
  const auto first = reader.opaque16(max_secret_size);
  if (!first) return std::nullopt;
  const auto second = reader.opaque16(max_secret_size);
  if (!second || !reader.done()) return std::nullopt;
  return TwoSecrets{*first, *second};
}

}  // namespace pqc::keys::agent_protocol
