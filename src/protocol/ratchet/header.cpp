#include "protocol/ratchet/header.h"

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::ratchet {

RatchetPart split_part(const Layout& layout, std::uint64_t turn, ByteView part) {
  const auto ciphertext = layout.ciphertext(turn);
  return {part, part.first(layout.dh), part.subspan(layout.dh, ciphertext),
          part.subspan(layout.dh + ciphertext, layout.kem_public)};
}

Result<void> encode_header(const Header& header, ByteView part, ByteSpan out) {
  wire::Writer writer(out);
  writer.u8(header_version).u32(header.number).u32(header.previous_length);
  writer.u64(header.records.sender).u64(header.records.receiver).bytes(part);
  const auto written = writer.finish();
  if (!written || *written != out.size()) return std::unexpected(Error::buffer);
  return {};
}

Result<ParsedHeader> parse_header(const Layout& layout, std::uint64_t turn, ByteView bytes) {
  wire::Reader reader(bytes);
  const auto version = reader.u8();
  const auto number = reader.u32();
  const auto previous_length = reader.u32();
  const auto sender = reader.u64();
  const auto receiver = reader.u64();
  const auto part = reader.bytes(layout.part(turn));
  const bool complete = version && number && previous_length && sender && receiver && part && reader.done();
  if (!complete || *version != header_version) return std::unexpected(Error::refused);
  return ParsedHeader{{*number, *previous_length, {*sender, *receiver}}, split_part(layout, turn, *part)};
}

}  // namespace pqc::ratchet
