#include "net/fingerprint.h"

namespace pqc::net {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t text_length = 52;  // 256 bits in groups of five, the last one padded with four zero bits

std::optional<unsigned> value_of(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto at = alphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string to_text(const Fingerprint& fingerprint) {
  std::string out;
  std::uint32_t group = 0;
  unsigned bits = 0;
  std::size_t written = 0;
  const auto put = [&](unsigned value) {
    if (written++ % 4 == 0 && !out.empty()) out.push_back('-');
    out.push_back(alphabet[value & 31]);
  };
  for (const auto byte : fingerprint.bytes) {
    group = group << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      put(group >> bits);
    }
  }
  put(group << (5 - bits));
  return out;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint out;
  std::uint32_t group = 0;
  unsigned bits = 0;
  std::size_t digits = 0;
  std::size_t filled = 0;
  for (const auto c : text) {
    if (c == '-' || c == ' ') continue;
    const auto value = value_of(c);
    if (!value || ++digits > text_length) return std::nullopt;
    group = group << 5 | *value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.bytes[filled++] = static_cast<std::uint8_t>(group >> bits);
  }
  // The four bits left over must be zero: one key has one fingerprint.
  if (digits != text_length || (group & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace pqc::net
