// Writes the TLS presentation language (RFC 8446 §3), to a growing byte string or into a buffer of fixed size.
//
// What does not fit (the buffer, or a length field) is not written, and every later call writes nothing either:
// finish() says so. An encoder so needs one check, at its end.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/error.h"

namespace pqc::wire {

class Writer {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit Writer(Bytes& out) : growing_(&out), start_(out.size()) {}
  // Fills `out` from its start.
  explicit Writer(ByteSpan out) : fixed_(out) {}

  Writer& u8(std::uint8_t value);
  Writer& u16(std::uint16_t value);
  Writer& u24(std::uint32_t value);
  Writer& u32(std::uint32_t value);
  Writer& u64(std::uint64_t value);
  // RFC 9420 §2.1.2, in the fewest bytes.
  Writer& varint(std::uint64_t value);

  // The bytes as they are.
  Writer& bytes(ByteView data);
  // The bytes behind their length.
  Writer& opaque8(ByteView data);
  Writer& opaque16(ByteView data);
  Writer& opaque24(ByteView data);
  Writer& opaque32(ByteView data);
  Writer& opaque_varint(ByteView data);

  // The number of bytes written by this writer, or Error::limit when something did not fit.
  [[nodiscard]] Result<std::size_t> finish() const;

 private:
  Writer& number(std::uint64_t value, std::size_t width);
  Writer& opaque(ByteView data, std::size_t width);

  Bytes* growing_ = nullptr;
  std::size_t start_ = 0;
  ByteSpan fixed_;
  std::size_t used_ = 0;
  bool failed_ = false;
};

}  // namespace pqc::wire
