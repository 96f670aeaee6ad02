#include "base/base32.h"

namespace pqc {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr unsigned digit_bits = 5;
constexpr std::size_t group_digits = 4;

std::optional<unsigned> value_of(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto at = alphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string to_base32(ByteView bytes) {
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  std::size_t written = 0;
  const auto put = [&](unsigned value) {
    if (written++ % group_digits == 0 && !out.empty()) out.push_back('-');
    out.push_back(alphabet[value & 31]);
  };
  for (const auto byte : bytes) {
    held = held << 8 | byte;
    bits += 8;
    for (; bits >= digit_bits; put(held >> bits)) bits -= digit_bits;
  }
  if (bits > 0) put(held << (digit_bits - bits));
  return out;
}

std::optional<Bytes> from_base32(std::string_view text, std::size_t size) {
  const std::size_t most = (size * 8 + digit_bits - 1) / digit_bits;
  Bytes out;
  out.reserve(size);
  std::uint32_t held = 0;
  unsigned bits = 0;
  std::size_t digits = 0;
  for (const auto c : text) {
    if (c == '-' || c == ' ') continue;
    const auto value = value_of(c);
    if (!value || ++digits > most) return std::nullopt;
    held = held << digit_bits | *value;
    bits += digit_bits;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  if (digits != most || (held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace pqc
