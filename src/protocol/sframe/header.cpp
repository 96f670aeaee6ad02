#include "protocol/sframe/header.h"

namespace pqc::sframe {
namespace {

constexpr std::uint8_t long_form = 0x08;
constexpr std::uint8_t value_mask = 0x07;

std::size_t bytes_of(std::uint64_t value) {
  std::size_t count = 1;
  while ((value >>= 8) != 0) ++count;
  return count;
}

// The four bits of the config byte, and the bytes behind it where there are any.
std::uint8_t encode_field(std::uint64_t value, Bytes& out) {
  if (value <= value_mask) return static_cast<std::uint8_t>(value);
  const auto count = bytes_of(value);
  for (std::size_t i = count; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return static_cast<std::uint8_t>(long_form | (count - 1));
}

Result<std::uint64_t> decode_field(std::uint8_t bits, ByteView& rest) {
  if ((bits & long_form) == 0) return bits & value_mask;
  const std::size_t count = (bits & value_mask) + 1U;
  if (rest.size() < count) return std::unexpected(Error::malformed);
  std::uint64_t value = 0;
  for (const auto byte : rest.first(count)) value = (value << 8) | byte;
  rest = rest.subspan(count);
  if (value <= value_mask || bytes_of(value) != count) return std::unexpected(Error::malformed);
  return value;
}

}  // namespace

Bytes encode_header(KeyId key_id, Counter counter) {
  Bytes out{0};
  const auto key_bits = encode_field(static_cast<std::uint64_t>(key_id), out);
  const auto counter_bits = encode_field(static_cast<std::uint64_t>(counter), out);
  out[0] = static_cast<std::uint8_t>((key_bits << 4) | counter_bits);
  return out;
}

Result<Header> decode_header(ByteView frame) {
  if (frame.empty()) return std::unexpected(Error::malformed);
  auto rest = frame.subspan(1);
  const auto key_id = decode_field(static_cast<std::uint8_t>(frame[0] >> 4), rest);
  if (!key_id) return std::unexpected(key_id.error());
  const auto counter = decode_field(static_cast<std::uint8_t>(frame[0] & 0x0F), rest);
  if (!counter) return std::unexpected(counter.error());
  return Header{static_cast<KeyId>(*key_id), static_cast<Counter>(*counter), frame.size() - rest.size()};
}

}  // namespace pqc::sframe
