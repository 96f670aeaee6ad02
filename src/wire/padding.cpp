#include "wire/padding.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "wire/limits.h"

namespace pqc::wire {
namespace {

constexpr std::uint8_t mark = 0x80;

}  // namespace

std::size_t padded_size(std::size_t size) {
  const auto needed = size + 1;
  const auto step = std::max(padding_step, std::bit_floor(needed) / 8);
  return (needed + step - 1) / step * step;
}

void pad(ByteView plaintext, Bytes& out) {
  const auto end = out.size() + padded_size(plaintext.size());
  out.reserve(end);
  append(out, plaintext);
  out.push_back(mark);
  out.resize(end, 0);
}

Result<void> pad_in_place(ByteSpan buffer, std::size_t size) {
  if (size >= buffer.size() || buffer.size() != padded_size(size)) return std::unexpected(Error::limit);
  buffer[size] = mark;
  std::ranges::fill(buffer.subspan(size + 1), std::uint8_t{0});
  return {};
}

Result<ByteView> unpad(ByteView padded) {
  auto end = padded.size();
  while (end > 0 && padded[end - 1] == 0) --end;
  if (end == 0 || padded[end - 1] != mark) return std::unexpected(Error::malformed);
  // One plaintext has one padded form.
  if (padded_size(end - 1) != padded.size()) return std::unexpected(Error::malformed);
  return padded.first(end - 1);
}

}  // namespace pqc::wire
