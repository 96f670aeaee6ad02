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

// How many bytes stand behind the config byte for a value.
std::size_t field_size(std::uint64_t value) {
  return value <= value_mask ? 0 : bytes_of(value);
}

// The four bits of the config byte, and the bytes behind it where there are any.
std::uint8_t encode_field(std::uint64_t value, ByteSpan out) {
  if (out.empty()) return static_cast<std::uint8_t>(value);
  for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
  return static_cast<std::uint8_t>(long_form | (out.size() - 1));
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

std::size_t header_size(KeyId key_id, Counter counter) {
  return 1 + field_size(static_cast<std::uint64_t>(key_id)) + field_size(static_cast<std::uint64_t>(counter));
}

std::size_t encode_header(KeyId key_id, Counter counter, std::span<std::uint8_t, max_header_size> out) {
  const auto id = static_cast<std::uint64_t>(key_id);
  const auto count = static_cast<std::uint64_t>(counter);
  const auto id_size = field_size(id);
  const auto count_size = field_size(count);
  const auto id_bits = encode_field(id, ByteSpan(out).subspan(1, id_size));
  const auto count_bits = encode_field(count, ByteSpan(out).subspan(1 + id_size, count_size));
  out[0] = static_cast<std::uint8_t>((id_bits << 4) | count_bits);
  return 1 + id_size + count_size;
}

Bytes encode_header(KeyId key_id, Counter counter) {
  std::array<std::uint8_t, max_header_size> out{};
  const auto size = encode_header(key_id, counter, out);
  return to_bytes(ByteView(out).first(size));
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
