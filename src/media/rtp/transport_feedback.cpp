#include "media/rtp/transport_feedback.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::media::rtp {
namespace {

// §3.1.1. The fourth is reserved.
enum Symbol : std::uint8_t { not_received = 0, small_delta = 1, large_delta = 2 };

constexpr std::uint16_t vector_bit = 0x8000;
constexpr std::uint16_t two_bits_bit = 0x4000;
constexpr std::size_t max_run = 0x1FFF;
constexpr std::size_t one_bit_symbols = 14;
constexpr std::size_t two_bit_symbols = 7;

// One chunk, as a function from place to symbol.
class Chunk {
 public:
  explicit Chunk(std::uint16_t bits) : bits_(bits) {}
  [[nodiscard]] std::size_t size() const {
    if ((bits_ & vector_bit) == 0) return bits_ & max_run;
    return (bits_ & two_bits_bit) == 0 ? one_bit_symbols : two_bit_symbols;
  }
  [[nodiscard]] std::uint8_t symbol(std::size_t at) const {
    if ((bits_ & vector_bit) == 0) return static_cast<std::uint8_t>(bits_ >> 13 & 3U);
    if ((bits_ & two_bits_bit) == 0) return static_cast<std::uint8_t>(bits_ >> (one_bit_symbols - 1 - at) & 1U);
    return static_cast<std::uint8_t>(bits_ >> (2 * (two_bit_symbols - 1 - at)) & 3U);
  }

 private:
  std::uint16_t bits_;
};

// Symbols first, where the arrival is nothing or any value; the second pass fills in the deltas.
Result<void> read_symbols(wire::Reader& reader, std::span<std::uint8_t> symbols) {
  while (!symbols.empty()) {
    const auto bits = reader.u16();
    if (!bits) return std::unexpected(bits.error());
    const Chunk chunk(*bits);
    const auto count = std::min(chunk.size(), symbols.size());
    if (count == 0) return std::unexpected(Error::malformed);
    for (std::size_t i = 0; i < count; ++i) symbols[i] = chunk.symbol(i);
    symbols = symbols.subspan(count);
  }
  return {};
}

Result<Ticks> read_delta(wire::Reader& reader, std::uint8_t symbol) {
  if (symbol == small_delta) return reader.u8().transform([](std::uint8_t value) { return Ticks(value); });
  if (symbol != large_delta) return std::unexpected(Error::malformed);
  return reader.u16().transform([](std::uint16_t value) { return Ticks(static_cast<std::int16_t>(value)); });
}

Result<FeedbackHeader> read_header(wire::Reader& reader) {
  const auto fixed = reader.bytes(16);
  if (!fixed) return std::unexpected(fixed.error());
  wire::Reader in(*fixed);
  FeedbackHeader out;
  out.sender = static_cast<Ssrc>(in.u32().value());
  out.media = static_cast<Ssrc>(in.u32().value());
  out.base_sequence = in.u16().value();
  out.packets = in.u16().value();
  out.reference_time = ReferenceUnits(static_cast<std::int32_t>(in.u24().value() << 8) >> 8);
  out.feedback_count = in.u8().value();
  return out;
}

Result<void> read_deltas(wire::Reader& reader, const FeedbackHeader& header, std::span<const std::uint8_t> symbols,
                         std::span<PacketStatus> out) {
  Ticks time = header.reference_time;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    out[i] = {static_cast<std::uint16_t>(header.base_sequence + i), std::nullopt};
    if (symbols[i] == not_received) continue;
    const auto delta = read_delta(reader, symbols[i]);
    if (!delta) return std::unexpected(delta.error());
    time += *delta;
    out[i].arrival = time;
  }
  return {};
}

// What will be written, packet by packet.
struct Draft {
  std::array<std::uint8_t, limits::feedback_packets> symbols{};
  std::array<std::int16_t, limits::feedback_packets> deltas{};
  std::size_t count = 0;     // of packets, lost ones included
  std::size_t arrivals = 0;  // of those among them that came
};

Draft draft_of(std::int64_t base, std::span<const PacketArrival> arrivals, ReferenceUnits reference) {
  using Limits = std::numeric_limits<std::int16_t>;
  Draft out;
  Ticks time = reference;
  for (const auto& packet : arrivals) {
    const auto place = packet.sequence - base;
    const auto delta = (packet.arrival - time).count();
    if (place >= std::ssize(out.symbols) || delta < Limits::min() || delta > Limits::max()) break;
    const auto at = static_cast<std::size_t>(place);
    out.symbols[at] = delta >= 0 && delta <= std::numeric_limits<std::uint8_t>::max() ? small_delta : large_delta;
    out.deltas[at] = static_cast<std::int16_t>(delta);
    out.count = at + 1;
    ++out.arrivals;
    time = packet.arrival;
  }
  return out;
}

// The next chunk of these symbols: a run where it is longer than what a vector holds, else seven of two bits.
std::pair<std::uint16_t, std::size_t> next_chunk(std::span<const std::uint8_t> symbols) {
  const auto end = std::ranges::find_if(symbols, [&](auto symbol) { return symbol != symbols.front(); });
  const auto run = std::min(static_cast<std::size_t>(end - symbols.begin()), max_run);
  if (run > two_bit_symbols || run == symbols.size()) {
    return {static_cast<std::uint16_t>((symbols.front() << 13) | run), run};
  }
  std::uint16_t bits = vector_bit | two_bits_bit;
  const auto count = std::min(symbols.size(), two_bit_symbols);
  for (std::size_t i = 0; i < count; ++i) {
    bits = static_cast<std::uint16_t>(bits | (symbols[i] << (2 * (two_bit_symbols - 1 - i))));
  }
  return {bits, count};
}

void write_chunks(wire::Writer& writer, std::span<const std::uint8_t> symbols) {
  while (!symbols.empty()) {
    const auto [bits, count] = next_chunk(symbols);
    writer.u16(bits);
    symbols = symbols.subspan(count);
  }
}

void write_deltas(wire::Writer& writer, const Draft& draft) {
  for (std::size_t i = 0; i < draft.count; ++i) {
    if (draft.symbols[i] == small_delta) writer.u8(static_cast<std::uint8_t>(draft.deltas[i]));
    if (draft.symbols[i] == large_delta) writer.u16(static_cast<std::uint16_t>(draft.deltas[i]));
  }
}

}  // namespace

Result<TransportFeedback> parse_transport_feedback(const RtcpPacket& packet, std::span<PacketStatus> memory) {
  if (packet.type != RtcpType::transport_feedback || packet.count != format_transport_wide) {
    return std::unexpected(Error::malformed);
  }
  wire::Reader reader(packet.body);
  const auto header = read_header(reader);
  if (!header) return std::unexpected(header.error());
  if (header->packets > memory.size() || header->packets > limits::feedback_packets) {
    return std::unexpected(Error::limit);
  }
  std::array<std::uint8_t, limits::feedback_packets> symbols{};
  const auto used = std::span(symbols).first(header->packets);
  const auto packets = memory.first(header->packets);
  return read_symbols(reader, used)
      .and_then([&] { return read_deltas(reader, *header, used, packets); })
      .transform([&] { return TransportFeedback{*header, packets}; });
}

Result<WrittenFeedback> write_transport_feedback(const FeedbackHeader& header, std::int64_t from,
                                                 std::span<const PacketArrival> arrivals, ByteSpan out) {
  if (arrivals.empty() || out.size() < 4) return std::unexpected(Error::limit);
  const auto first = arrivals.front().sequence;
  const auto base = first - from < std::int64_t{limits::feedback_packets} ? std::min(from, first) : first;
  const auto reference = std::chrono::floor<ReferenceUnits>(arrivals.front().arrival);
  const auto draft = draft_of(base, arrivals, reference);
  wire::Writer writer(out.subspan(4));
  writer.u32(std::to_underlying(header.sender)).u32(std::to_underlying(header.media));
  writer.u16(static_cast<std::uint16_t>(base)).u16(static_cast<std::uint16_t>(draft.count));
  writer.u24(static_cast<std::uint32_t>(reference.count()) & 0xFF'FFFFU).u8(header.feedback_count);
  write_chunks(writer, std::span(draft.symbols).first(draft.count));
  write_deltas(writer, draft);
  while (writer.finish().value_or(0) % 4 != 0) writer.u8(0);
  return writer.finish().transform([&](std::size_t body) {
    wire::Writer(out)
        .u8(static_cast<std::uint8_t>((version << 6) | format_transport_wide))
        .u8(std::to_underlying(RtcpType::transport_feedback))
        .u16(static_cast<std::uint16_t>(body / 4));
    return WrittenFeedback{body + 4, draft.arrivals};
  });
}

}  // namespace pqc::media::rtp
