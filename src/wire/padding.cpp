#include "wire/padding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "wire/limits.h"

namespace pqc::wire {
namespace {

constexpr std::uint8_t mark = 0x80;

// No plaintext that is padded to `size` bytes has more padding, its mark included.
constexpr std::size_t longest_padding(std::size_t size) {
  return std::max(padding_step, std::bit_floor(size) / 8);
}

// What follows takes the same time whatever the bytes are: masks of all ones or all zeros, and no branch.
constexpr std::size_t word_size = 8;

// The top bit of x - 1 tells whether a byte is zero.
std::size_t all_if_zero(std::size_t byte) {
  return std::size_t{0} - ((byte - 1) >> (sizeof byte * 8 - 1));
}

// Where the mark stands that only zeros follow; bytes.size() where there is none.
std::size_t find_in(ByteView bytes) {
  std::size_t position = bytes.size();
  std::size_t searching = ~std::size_t{0};
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const auto here = all_if_zero(bytes[i] ^ std::size_t{mark}) & searching;
    position = (position & ~here) | (i & here);
    searching &= all_if_zero(bytes[i]);
  }
  return position;
}

struct Word {
  std::array<std::uint8_t, word_size> bytes{};
  std::size_t at = 0;
};

// The last one that is not zero; all are read. Zero where there is none.
Word last_word(ByteView bytes) {
  std::uint64_t found = 0;
  std::uint64_t at = 0;
  std::uint64_t searching = ~std::uint64_t{0};
  for (std::size_t i = bytes.size(); i > 0;) {
    i -= word_size;
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[i], word_size);
    const auto here = (std::uint64_t{0} - ((word | (std::uint64_t{0} - word)) >> 63U)) & searching;
    found |= word & here;
    at |= i & here;
    searching &= ~here;
  }
  Word out{.bytes = {}, .at = at};
  std::memcpy(out.bytes.data(), &found, word_size);
  return out;
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
  const auto reach = std::min(padded.size(), longest_padding(padded.size()));
  const auto end = padded.last(reach);
  const auto none = [&](std::size_t place, std::size_t size) { return all_if_zero(place ^ size); };
  const auto select = [&](std::size_t at, std::size_t missing) { return (at & ~missing) | (padded.size() & missing); };
  // Only of what nobody has padded.
  if (reach % word_size != 0) {
    const auto place = find_in(end);
    return select(padded.size() - reach + place, none(place, reach));
  }
  const auto word = last_word(end);
  const auto place = find_in(word.bytes);
  return select(padded.size() - reach + word.at + place, none(place, word_size));
}

Result<ByteView> unpad(ByteView padded) {
  const auto size = find_mark(padded);
  // One plaintext has one padded form.
  if (size == padded.size() || padded_size(size) != padded.size()) return std::unexpected(Error::malformed);
  return padded.first(size);
}

}  // namespace pqc::wire
