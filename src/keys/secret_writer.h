// Writes stored state in the presentation language of wire::Writer, into locked memory. For this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"

namespace pqc::keys {

class SecretWriter {
 public:
  void u8(std::uint8_t value) { number<1>(value); }
  void u16(std::uint16_t value) { number<2>(value); }
  void u32(std::uint32_t value) { number<4>(value); }
  void u64(std::uint64_t value) { number<8>(value); }
  void bytes(ByteView data) { out_.append(data); }
  // `data` has fewer than 2^16 bytes.
  void opaque16(ByteView data) {
    u16(static_cast<std::uint16_t>(data.size()));
    bytes(data);
  }
  [[nodiscard]] SecretBytes take() { return std::move(out_); }

 private:
  template <std::size_t N>
  void number(std::uint64_t value) {
    std::array<std::uint8_t, N> big_endian;
    for (std::size_t i = 0; i < N; ++i) big_endian[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
    bytes(big_endian);
  }

  SecretBytes out_;
};

}  // namespace pqc::keys
