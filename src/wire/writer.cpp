#include "wire/writer.h"

#include <algorithm>
#include <array>

#include "wire/limits.h"

namespace pqc::wire {

Writer& Writer::bytes(ByteView data) {
  if (failed_) return *this;
  if (growing_ != nullptr) {
    append(*growing_, data);
    return *this;
  }
  if (data.size() > fixed_.size() - used_) {
    failed_ = true;
    return *this;
  }
  std::ranges::copy(data, fixed_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += data.size();
  return *this;
}

Writer& Writer::number(std::uint64_t value, std::size_t width) {
  if (width < 8 && value >> (8 * width) != 0) failed_ = true;
  std::array<std::uint8_t, 8> encoded;
  for (std::size_t i = 0; i < width; ++i) encoded[i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  return bytes(ByteView(encoded).first(width));
}

Writer& Writer::u8(std::uint8_t value) {
  return number(value, 1);
}
Writer& Writer::u16(std::uint16_t value) {
  return number(value, 2);
}
Writer& Writer::u24(std::uint32_t value) {
  return number(value, 3);
}
Writer& Writer::u32(std::uint32_t value) {
  return number(value, 4);
}
Writer& Writer::u64(std::uint64_t value) {
  return number(value, 8);
}

Writer& Writer::varint(std::uint64_t value) {
  if (value > max_varint) failed_ = true;
  if (value < 1u << 6) return number(value, 1);
  if (value < 1u << 14) return number(value | std::uint64_t{1} << 14, 2);
  return number(value | std::uint64_t{2} << 30, 4);
}

// A length that its field cannot hold fails in number(), before any of the data is written.
Writer& Writer::opaque(ByteView data, std::size_t width) {
  return number(data.size(), width).bytes(data);
}

Writer& Writer::opaque8(ByteView data) {
  return opaque(data, 1);
}
Writer& Writer::opaque16(ByteView data) {
  return opaque(data, 2);
}
Writer& Writer::opaque24(ByteView data) {
  return opaque(data, 3);
}
Writer& Writer::opaque32(ByteView data) {
  return opaque(data, 4);
}
Writer& Writer::opaque_varint(ByteView data) {
  return varint(data.size()).bytes(data);
}

Result<std::size_t> Writer::finish() const {
  if (failed_) return std::unexpected(Error::limit);
  return growing_ != nullptr ? growing_->size() - start_ : used_;
}

}  // namespace pqc::wire
