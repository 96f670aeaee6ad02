// Reads the TLS presentation language (RFC 8446 §3): big-endian numbers, opaque byte strings behind their length.
//
// A Reader is a view that moves forward; it copies nothing, and never reads beyond its end. Every read answers a
// Result; after an error the position is where it was before the call. Whoever decodes a structure ends with done(), so
// that one structure has one encoding.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/error.h"

namespace pqc::wire {

class Reader {
 public:
  explicit Reader(ByteView input) : input_(input) {}

  [[nodiscard]] Result<std::uint8_t> u8();
  [[nodiscard]] Result<std::uint16_t> u16();
  [[nodiscard]] Result<std::uint32_t> u24();
  [[nodiscard]] Result<std::uint32_t> u32();
  [[nodiscard]] Result<std::uint64_t> u64();
  // RFC 9420 §2.1.2; a number in more bytes than it needs is malformed.
  [[nodiscard]] Result<std::uint32_t> varint();

  // Exactly `size` bytes, as a view into the input.
  [[nodiscard]] Result<ByteView> bytes(std::size_t size);
  template <std::size_t N>
  [[nodiscard]] Result<std::array<std::uint8_t, N>> array() {
    return bytes(N).transform([](ByteView view) {
      std::array<std::uint8_t, N> out;
      std::ranges::copy(view, out.begin());
      return out;
    });
  }

  // A byte string behind its length; more than `max` bytes is Error::limit.
  [[nodiscard]] Result<ByteView> opaque8(std::size_t max);
  [[nodiscard]] Result<ByteView> opaque16(std::size_t max);
  [[nodiscard]] Result<ByteView> opaque24(std::size_t max);
  [[nodiscard]] Result<ByteView> opaque32(std::size_t max);
  [[nodiscard]] Result<ByteView> opaque_varint(std::size_t max);

  // All that is left, at most `max` bytes.
  [[nodiscard]] Result<ByteView> rest(std::size_t max);
  [[nodiscard]] std::size_t remaining() const { return input_.size(); }
  // Error::trailing unless everything has been read.
  [[nodiscard]] Result<void> done() const;

 private:
  [[nodiscard]] Result<std::uint64_t> number(std::size_t width);
  [[nodiscard]] Result<ByteView> opaque(std::size_t width, std::size_t max);
  [[nodiscard]] Result<ByteView> body(ByteView start, std::uint64_t size, std::size_t max);

  ByteView input_;
};

}  // namespace pqc::wire
