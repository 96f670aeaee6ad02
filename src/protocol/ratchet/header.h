// The header of a message, as it is before it is sealed (docs/spec/ratchet.md §4).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "protocol/ratchet/error.h"
#include "protocol/ratchet/layout.h"

namespace pqc::ratchet {

inline constexpr std::uint8_t header_version = 1;

// Versions of both sides' account records, as the sender of the message has them.
struct RecordVersions {
  std::uint64_t sender = 0;
  std::uint64_t receiver = 0;
  friend bool operator==(const RecordVersions&, const RecordVersions&) = default;
};

// part_t in its pieces, as views of the whole.
struct RatchetPart {
  ByteView whole;
  ByteView dh_public;
  ByteView kem_ciphertext;  // empty in turn 0 and without ML-KEM
  ByteView kem_public;      // empty without ML-KEM
};
// `part` has layout.part(turn) bytes.
RatchetPart split_part(const Layout& layout, std::uint64_t turn, ByteView part);

struct Header {
  std::uint32_t number = 0;           // n
  std::uint32_t previous_length = 0;  // pn
  RecordVersions records;
};

// Fills `out`, which has header_fixed_size + part.size() bytes.
Result<void> encode_header(const Header& header, ByteView part, ByteSpan out);

struct ParsedHeader {
  Header header;
  RatchetPart part;
};
// The views point into `bytes`, which must have exactly layout.header(turn) bytes.
Result<ParsedHeader> parse_header(const Layout& layout, std::uint64_t turn, ByteView bytes);

}  // namespace pqc::ratchet
