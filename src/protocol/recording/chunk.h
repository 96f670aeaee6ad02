// What Sealer and Opener share: the head of a chunk and its nonce (docs/spec/recording.md §2).
#pragma once

#include <array>
#include <cstdint>

#include "crypto/aead.h"
#include "protocol/recording/limits.h"
#include "wire/writer.h"

namespace pqc::recording {

inline constexpr std::uint8_t kind_more = 1;
inline constexpr std::uint8_t kind_last = 2;

static_assert(tag_size == crypto::aead_tag_size);

using Nonce = std::array<std::uint8_t, crypto::aead_nonce_size>;

inline Nonce nonce_of(std::uint64_t number) {
  Nonce out{};
  wire::Writer(ByteSpan(out)).u32(0).u64(number);
  return out;
}

}  // namespace pqc::recording
