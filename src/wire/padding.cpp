#include "wire/padding.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "wire/limits.h"

namespace pqc::wire {
namespace {

constexpr std::uint8_t mark = 0x80;

// No plaintext that is padded to `size` bytes has more padding, its mark included.
constexpr std::size_t longest_padding(std::size_t size) {
  return std::max(padding_step, std::bit_floor(size) / 8);
}

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

std::size_t find_mark(ByteView padded) {
  // All ones or all zeros, without a branch: the top bit of x - 1 tells whether a byte is zero.
  const auto all_if_zero = [](std::size_t byte) { return std::size_t{0} - ((byte - 1) >> (sizeof byte * 8 - 1)); };
  const auto reach = std::min(padded.size(), longest_padding(padded.size()));
  std::size_t position = padded.size();
  std::size_t searching = ~std::size_t{0};
  for (std::size_t i = padded.size(); i-- > padded.size() - reach;) {
    const auto here = all_if_zero(padded[i] ^ std::size_t{mark}) & searching;
    position = (position & ~here) | (i & here);
    searching &= all_if_zero(padded[i]);
  }
  return position;
}

Result<ByteView> unpad(ByteView padded) {
  const auto size = find_mark(padded);
  // One plaintext has one padded form.
  if (size == padded.size() || padded_size(size) != padded.size()) return std::unexpected(Error::malformed);
  return padded.first(size);
}

}  // namespace pqc::wire
