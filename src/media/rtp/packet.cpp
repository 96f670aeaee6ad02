#include "media/rtp/packet.h"

#include <utility>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::media::rtp {
namespace {

constexpr std::uint8_t padding_bit = 0x20;
constexpr std::uint8_t extension_bit = 0x10;
constexpr std::uint8_t source_count_mask = 0x0F;
constexpr std::uint8_t marker_bit = 0x80;
// RFC 8285 §4.2: 0 is a byte of padding, 15 ends the reading.
constexpr std::uint8_t padding_number = 0;
constexpr std::uint8_t last_number = 15;

Header header_of(ByteView bytes) {
  const auto word = [&](std::size_t at) {
    return (std::uint32_t{bytes[at]} << 24) | (std::uint32_t{bytes[at + 1]} << 16) |
           (std::uint32_t{bytes[at + 2]} << 8) | bytes[at + 3];
  };
  return {.marker = (bytes[1] & marker_bit) != 0,
          .payload_type = static_cast<std::uint8_t>(bytes[1] & ~marker_bit),
          .sequence = static_cast<std::uint16_t>(word(0)),
          .timestamp = word(4),
          .ssrc = static_cast<Ssrc>(word(8))};
}

Result<ByteView> read_extensions(wire::Reader& reader) {
  const auto profile = reader.u16();
  const auto words = reader.u16();
  if (!profile || !words) return std::unexpected(Error::truncated);
  const auto body = reader.bytes(std::size_t{*words} * 4);
  if (!body) return body;
  return *profile == one_byte_profile ? *body : ByteView{};
}

// RFC 3550 §5.1: the last byte says how many bytes of padding there are, itself included.
Result<ByteView> without_padding(ByteView payload) {
  if (payload.empty() || payload.back() == 0 || payload.back() > payload.size()) {
    return std::unexpected(Error::malformed);
  }
  return payload.first(payload.size() - payload.back());
}

}  // namespace

Result<Packet> parse_packet(ByteView packet) {
  if (packet.size() < fixed_header_size) return std::unexpected(Error::truncated);
  const auto flags = packet[0];
  if (flags >> 6 != version) return std::unexpected(Error::malformed);
  Packet out{.header = header_of(packet), .extensions = {}, .payload = {}};
  wire::Reader reader(packet.subspan(fixed_header_size));
  if (!reader.bytes((flags & source_count_mask) * std::size_t{4})) return std::unexpected(Error::truncated);
  if ((flags & extension_bit) != 0) {
    const auto extensions = read_extensions(reader);
    if (!extensions) return std::unexpected(extensions.error());
    out.extensions = *extensions;
  }
  out.payload = packet.last(reader.remaining());
  if ((flags & padding_bit) == 0) return out;
  return without_padding(out.payload).transform([&](ByteView payload) {
    out.payload = payload;
    return out;
  });
}

Result<std::size_t> whole_header_size(ByteView packet) {
  if (packet.size() < fixed_header_size) return std::unexpected(Error::truncated);
  wire::Reader reader(packet.subspan(fixed_header_size));
  if (!reader.bytes((packet[0] & source_count_mask) * std::size_t{4})) return std::unexpected(Error::truncated);
  if ((packet[0] & extension_bit) != 0) {
    if (const auto extensions = read_extensions(reader); !extensions) return std::unexpected(extensions.error());
  }
  return packet.size() - reader.remaining();
}

std::optional<ByteView> find_extension(ByteView extensions, std::uint8_t number) {
  while (!extensions.empty()) {
    const std::uint8_t its_number = extensions[0] >> 4;
    if (its_number == last_number) return std::nullopt;
    const std::size_t size = its_number == padding_number ? 0 : (extensions[0] & 0x0FU) + 1U;
    if (extensions.size() < 1 + size) return std::nullopt;
    if (its_number == number && size != 0) return extensions.subspan(1, size);
    extensions = extensions.subspan(1 + size);
  }
  return std::nullopt;
}

void write_header(const Header& header, TransportSequence extension, ByteSpan out) {
  const bool extended = extension.number != 0;
  wire::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>((version << 6) | (extended ? extension_bit : 0)))
      .u8(static_cast<std::uint8_t>((header.marker ? marker_bit : 0) | header.payload_type))
      .u16(header.sequence)
      .u32(header.timestamp)
      .u32(std::to_underlying(header.ssrc));
  if (!extended) return;
  // Number and length minus one, the value, a byte of padding.
  writer.u16(one_byte_profile).u16(1).u8(static_cast<std::uint8_t>((extension.number << 4) | 1));
  writer.u16(extension.value).u8(0);
}

}  // namespace pqc::media::rtp
