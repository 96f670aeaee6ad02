// The header of an SFrame ciphertext (RFC 9605 §4.3): one config byte, then key id and counter in as few bytes as they
// need.
//
//    0 1 2 3 4 5 6 7
//   | X |  K  | Y |  C  |   K, C below 8 stand for themselves; with X or Y set they are a length minus one
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "protocol/sframe/error.h"

namespace pqc::sframe {

enum class KeyId : std::uint64_t {};
enum class Counter : std::uint64_t {};

inline constexpr std::size_t max_header_size = 17;

struct Header {
  KeyId key_id{};
  Counter counter{};
  std::size_t size = 0;  // of the encoding
};

Bytes encode_header(KeyId key_id, Counter counter);
// The same into memory of the caller's; answers its size.
std::size_t encode_header(KeyId key_id, Counter counter, std::span<std::uint8_t, max_header_size> out);
std::size_t header_size(KeyId key_id, Counter counter);
// The header at the start of a frame. Error::malformed where it is cut off or not in the fewest bytes.
Result<Header> decode_header(ByteView frame);

}  // namespace pqc::sframe
