#include "protocol/recording/entries.h"

#include <algorithm>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::recording {
namespace {

constexpr std::uint8_t kind_start = 1;
constexpr auto malformed = std::unexpected(Error::malformed);

ByteView name_bytes(const std::string& name) {
  return as_bytes(std::string_view(name).substr(0, name_size));
}

std::string text(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

Result<Start> read_start(wire::Reader& reader) {
  const auto call = reader.array<16>();
  const auto began = reader.u64();
  const auto ours = reader.opaque8(name_size);
  const auto theirs = reader.opaque8(name_size);
  if (!call || !began || !ours || !theirs) return malformed;
  return Start{.call = *call, .began = *began, .ours = text(*ours), .theirs = text(*theirs)};
}

Result<Frame> read_frame(Side side, wire::Reader& reader) {
  const auto time = reader.u32();
  const auto timestamp = reader.u32();
  const auto payload = reader.opaque16(payload_size);
  if (!time || !timestamp || !payload || payload->empty()) return malformed;
  return Frame{.side = side, .time = std::chrono::milliseconds(*time), .timestamp = *timestamp, .payload = *payload};
}

}  // namespace

void write_start(const Start& start, Bytes& out) {
  wire::Writer(out)
      .u8(kind_start)
      .bytes(start.call)
      .u64(start.began)
      .opaque8(name_bytes(start.ours))
      .opaque8(name_bytes(start.theirs));
}

ByteView write_frame(const Frame& frame, ByteSpan out) {
  wire::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(frame.side))
      .u32(static_cast<std::uint32_t>(frame.time.count()))
      .u32(frame.timestamp)
      .opaque16(frame.payload);
  return out.first(writer.finish().value_or(0));
}

Result<Entry> EntryReader::next(ByteView& content) {
  wire::Reader reader(content);
  const auto kind = reader.u8().value_or(0);
  const bool starts = kind == kind_start;
  if (starts == started_) return malformed;
  Entry out;
  if (starts) {
    auto start = read_start(reader);
    if (!start) return malformed;
    started_ = true;
    out = std::move(*start);
  } else {
    if (kind != static_cast<std::uint8_t>(Side::ours) && kind != static_cast<std::uint8_t>(Side::theirs))
      return malformed;
    const auto frame = read_frame(static_cast<Side>(kind), reader);
    if (!frame || frame->time < latest_) return malformed;
    latest_ = frame->time;
    out = *frame;
  }
  content = content.last(reader.remaining());
  return out;
}

}  // namespace pqc::recording
