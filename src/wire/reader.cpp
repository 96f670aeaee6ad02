#include "wire/reader.h"

#include "wire/limits.h"

namespace pqc::wire {
namespace {

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

template <class T>
T narrow(std::uint64_t value) {
  return static_cast<T>(value);
}

}  // namespace

Result<ByteView> Reader::bytes(std::size_t size) {
  if (size > input_.size()) return std::unexpected(Error::truncated);
  const auto out = input_.first(size);
  input_ = input_.subspan(size);
  return out;
}

Result<std::uint64_t> Reader::number(std::size_t width) {
  return bytes(width).transform(big_endian);
}

Result<std::uint8_t> Reader::u8() {
  return number(1).transform(narrow<std::uint8_t>);
}
Result<std::uint16_t> Reader::u16() {
  return number(2).transform(narrow<std::uint16_t>);
}
Result<std::uint32_t> Reader::u24() {
  return number(3).transform(narrow<std::uint32_t>);
}
Result<std::uint32_t> Reader::u32() {
  return number(4).transform(narrow<std::uint32_t>);
}
Result<std::uint64_t> Reader::u64() {
  return number(8);
}

Result<std::uint32_t> Reader::varint() {
  if (input_.empty()) return std::unexpected(Error::truncated);
  // The two highest bits of the first byte say how many bytes there are: 1, 2, 4; 3 is not used.
  const unsigned prefix = input_[0] >> 6;
  if (prefix == 3) return std::unexpected(Error::malformed);
  const std::size_t width = std::size_t{1} << prefix;
  if (width > input_.size()) return std::unexpected(Error::truncated);
  const auto value = big_endian(input_.first(width)) & ((std::uint64_t{1} << (8 * width - 2)) - 1);
  if (width > 1 && value < std::uint64_t{1} << (4 * width - 2)) return std::unexpected(Error::malformed);
  input_ = input_.subspan(width);
  return narrow<std::uint32_t>(value);
}

// The byte string that follows a length just read; `start` is the input before that length, restored on an error.
Result<ByteView> Reader::body(ByteView start, std::uint64_t size, std::size_t max) {
  if (size > max) {
    input_ = start;
    return std::unexpected(Error::limit);
  }
  auto out = bytes(static_cast<std::size_t>(size));
  if (!out) input_ = start;
  return out;
}

Result<ByteView> Reader::opaque(std::size_t width, std::size_t max) {
  const auto start = input_;
  return number(width).and_then([&](std::uint64_t size) { return body(start, size, max); });
}

Result<ByteView> Reader::opaque8(std::size_t max) {
  return opaque(1, max);
}
Result<ByteView> Reader::opaque16(std::size_t max) {
  return opaque(2, max);
}
Result<ByteView> Reader::opaque24(std::size_t max) {
  return opaque(3, max);
}
Result<ByteView> Reader::opaque32(std::size_t max) {
  return opaque(4, max);
}

Result<ByteView> Reader::opaque_varint(std::size_t max) {
  const auto start = input_;
  return varint().and_then([&](std::uint32_t size) { return body(start, size, max); });
}

Result<ByteView> Reader::rest(std::size_t max) {
  if (input_.size() > max) return std::unexpected(Error::limit);
  return bytes(input_.size());
}

Result<void> Reader::done() const {
  if (!input_.empty()) return std::unexpected(Error::trailing);
  return {};
}

}  // namespace pqc::wire
