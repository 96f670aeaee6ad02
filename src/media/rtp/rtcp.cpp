#include "media/rtp/rtcp.h"

#include <utility>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::media::rtp {
namespace {

constexpr std::size_t word = 4;
constexpr std::uint8_t padding_bit = 0x20;
constexpr std::uint8_t count_mask = 0x1F;
constexpr std::uint8_t item_end = 0;
constexpr std::uint8_t item_cname = 1;
constexpr std::size_t report_block_size = 24;
constexpr std::uint32_t low_24_bits = 0xFF'FFFF;

wire::Writer& start_packet(wire::Writer& out, RtcpType type, std::size_t count, std::size_t body_size) {
  return out.u8(static_cast<std::uint8_t>((version << 6) | count))
      .u8(std::to_underlying(type))
      .u16(static_cast<std::uint16_t>(body_size / word));
}

std::int32_t sign_extended(std::uint32_t of_24_bits) {
  return static_cast<std::int32_t>(of_24_bits << 8) >> 8;
}

// The size has been checked.
ReportBlock read_block(wire::Reader& reader) {
  ReportBlock out;
  out.ssrc = static_cast<Ssrc>(reader.u32().value());
  out.fraction_lost = reader.u8().value();
  out.cumulative_lost = sign_extended(reader.u24().value());
  out.highest_sequence = reader.u32().value();
  out.jitter = reader.u32().value();
  out.last_sender_report = reader.u32().value();
  out.delay_since_last = reader.u32().value();
  return out;
}

void write_block(wire::Writer& out, const ReportBlock& block) {
  out.u32(std::to_underlying(block.ssrc)).u8(block.fraction_lost);
  out.u24(static_cast<std::uint32_t>(block.cumulative_lost) & low_24_bits);
  out.u32(block.highest_sequence).u32(block.jitter).u32(block.last_sender_report).u32(block.delay_since_last);
}

// The items of one chunk, behind its source; the chunk ends at a multiple of four bytes (RFC 3550 §6.5).
Result<std::optional<ByteView>> read_items(wire::Reader& reader) {
  std::optional<ByteView> cname;
  while (true) {
    const auto type = reader.u8();
    if (!type) return std::unexpected(type.error());
    if (*type == item_end) break;
    const auto text = reader.opaque8(limits::cname);
    if (!text) return std::unexpected(text.error());
    if (*type == item_cname && !cname) cname = *text;
  }
  // Chunks start at whole words, and so does what is left.
  if (auto rest = reader.bytes(reader.remaining() % word); !rest) return std::unexpected(rest.error());
  return cname;
}

}  // namespace

Result<std::optional<RtcpPacket>> CompoundReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto all = std::exchange(rest_, {});
  if (all.size() < word) return std::unexpected(Error::truncated);
  if (all[0] >> 6 != version) return std::unexpected(Error::malformed);
  const std::size_t size = word * ((std::size_t{all[2]} << 8) + all[3] + 1);
  if (all.size() < size) return std::unexpected(Error::truncated);
  auto body = all.subspan(word, size - word);
  if ((all[0] & padding_bit) != 0) {
    if (body.empty() || body.back() == 0 || body.back() > body.size()) return std::unexpected(Error::malformed);
    body = body.first(body.size() - body.back());
  }
  rest_ = all.subspan(size);
  return RtcpPacket{static_cast<RtcpType>(all[1]), static_cast<std::uint8_t>(all[0] & count_mask), body};
}

Result<Report> parse_report(const RtcpPacket& packet) {
  const bool has_info = packet.type == RtcpType::sender_report;
  if (!has_info && packet.type != RtcpType::receiver_report) return std::unexpected(Error::malformed);
  // What a profile adds behind the blocks is stepped over.
  const auto blocks_at = has_info ? 24U : 4U;
  if (packet.body.size() < blocks_at + packet.count * report_block_size) return std::unexpected(Error::truncated);
  wire::Reader reader(packet.body);
  Report out;
  out.sender = static_cast<Ssrc>(reader.u32().value());
  if (has_info) {
    out.info.emplace();
    out.info->ntp = static_cast<NtpTime>(reader.u64().value());
    out.info->timestamp = reader.u32().value();
    out.info->packets = reader.u32().value();
    out.info->bytes = reader.u32().value();
  }
  for (out.size = 0; out.size < packet.count; ++out.size) out.memory[out.size] = read_block(reader);
  return out;
}

Result<std::optional<SourceDescription>> parse_source_description(const RtcpPacket& packet) {
  if (packet.type != RtcpType::source_description) return std::unexpected(Error::malformed);
  if (packet.body.size() % word != 0) return std::unexpected(Error::malformed);
  wire::Reader reader(packet.body);
  std::optional<SourceDescription> out;
  for (std::size_t i = 0; i < packet.count; ++i) {
    const auto ssrc = reader.u32();
    if (!ssrc) return std::unexpected(ssrc.error());
    const auto cname = read_items(reader);
    if (!cname) return std::unexpected(cname.error());
    if (*cname && !out) out = SourceDescription{static_cast<Ssrc>(*ssrc), **cname};
  }
  return out;
}

Result<std::optional<Ssrc>> parse_bye(const RtcpPacket& packet) {
  if (packet.type != RtcpType::bye) return std::unexpected(Error::malformed);
  if (packet.body.size() < packet.count * word) return std::unexpected(Error::truncated);
  if (packet.count == 0) return std::nullopt;
  return static_cast<Ssrc>(wire::Reader(packet.body).u32().value());
}

Result<Nack> parse_nack(const RtcpPacket& packet) {
  if (packet.type != RtcpType::transport_feedback || packet.count != format_nack) {
    return std::unexpected(Error::malformed);
  }
  if (packet.body.size() < 2 * word || packet.body.size() % word != 0) return std::unexpected(Error::truncated);
  return Nack(static_cast<Ssrc>(wire::Reader(packet.body.subspan(word)).u32().value()), packet.body.subspan(2 * word));
}

Result<std::size_t> write_report(Ssrc sender, const std::optional<SenderInfo>& info,
                                 std::span<const ReportBlock> blocks, ByteSpan out) {
  if (blocks.size() > limits::report_blocks) return std::unexpected(Error::limit);
  wire::Writer writer(out);
  const auto size = (info ? 24 : 4) + blocks.size() * report_block_size;
  start_packet(writer, info ? RtcpType::sender_report : RtcpType::receiver_report, blocks.size(), size);
  writer.u32(std::to_underlying(sender));
  if (info) {
    writer.u64(std::to_underlying(info->ntp)).u32(info->timestamp).u32(info->packets).u32(info->bytes);
  }
  for (const auto& block : blocks) write_block(writer, block);
  return writer.finish();
}

Result<std::size_t> write_source_description(Ssrc sender, ByteView cname, ByteSpan out) {
  if (cname.size() > limits::cname) return std::unexpected(Error::limit);
  // Source, item, and one to four zeros.
  const auto size = (word + 2 + cname.size()) / word * word + word;
  wire::Writer writer(out);
  start_packet(writer, RtcpType::source_description, 1, size).u32(std::to_underlying(sender));
  writer.u8(item_cname).opaque8(cname);
  for (auto at = word + 2 + cname.size(); at < size; ++at) writer.u8(item_end);
  return writer.finish();
}

Result<std::size_t> write_bye(Ssrc sender, ByteSpan out) {
  wire::Writer writer(out);
  start_packet(writer, RtcpType::bye, 1, word).u32(std::to_underlying(sender));
  return writer.finish();
}

Result<std::size_t> write_nack(Ssrc sender, Ssrc media, std::span<const std::uint16_t> lost, ByteSpan out) {
  if (lost.empty() || lost.size() > limits::nack_packets) return std::unexpected(Error::limit);
  std::array<std::array<std::uint16_t, 2>, limits::nack_packets> pairs{};
  std::size_t count = 0;
  for (const auto sequence : lost) {
    const auto behind = count == 0 ? 0 : static_cast<std::uint16_t>(sequence - pairs[count - 1][0]);
    if (behind >= 1 && behind <= 16) {
      pairs[count - 1][1] = static_cast<std::uint16_t>(pairs[count - 1][1] | (1U << (behind - 1)));
    } else {
      pairs[count++][0] = sequence;
    }
  }
  wire::Writer writer(out);
  start_packet(writer, RtcpType::transport_feedback, format_nack, (2 + count) * word);
  writer.u32(std::to_underlying(sender)).u32(std::to_underlying(media));
  for (const auto& pair : std::span(pairs).first(count)) writer.u16(pair[0]).u16(pair[1]);
  return writer.finish();
}

}  // namespace pqc::media::rtp
