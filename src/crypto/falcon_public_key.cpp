// The public key of a Falcon private key, h = g / f in Z_q[X]/(X^n + 1), by the number-theoretic transform (Falcon
// round 3 §3.7). Neither library offers it, and keeping the public key beside the private one would let them disagree.
// Time does not depend on the coefficients: reductions are by a constant, inverses by a fixed power.
#include <array>
#include <cstdint>
#include <optional>

#include "crypto/falcon.h"

namespace pqc::crypto::falcon {
namespace {

constexpr std::size_t n = 1024;
constexpr std::uint32_t q = 12289;
constexpr unsigned fg_bits = 5;
constexpr unsigned h_bits = 14;

using Polynomial = std::array<std::uint32_t, n>;

constexpr std::uint32_t power(std::uint32_t base, std::uint32_t exponent) {
  std::uint32_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * base % q;
    base = base * base % q;
  }
  return result;
}

// 11 generates the multiplicative group, so this has order 2n.
constexpr std::uint32_t root = power(11, (q - 1) / (2 * n));
static_assert(power(root, n) == q - 1);

// Powers of a 2n-th root, indices with their bits reversed: the order in which the transform uses them.
constexpr Polynomial reversed_powers(std::uint32_t base) {
  Polynomial out{};
  for (std::uint32_t i = 0; i < n; ++i) {
    std::uint32_t reversed = 0;
    for (std::uint32_t bit = 1, from = n / 2; from != 0; bit <<= 1, from >>= 1) {
      if ((i & bit) != 0) reversed |= from;
    }
    out[i] = power(base, reversed);
  }
  return out;
}

constexpr Polynomial forward_powers = reversed_powers(root);
constexpr Polynomial inverse_powers = reversed_powers(power(root, q - 2));

void transform(Polynomial& a) {
  for (std::size_t groups = 1, half = n / 2; groups < n; groups *= 2, half /= 2) {
    for (std::size_t i = 0; i < groups; ++i) {
      const auto factor = forward_powers[groups + i];
      for (std::size_t j = 2 * i * half; j < (2 * i + 1) * half; ++j) {
        const auto product = a[j + half] * factor % q;
        a[j + half] = (a[j] + q - product) % q;
        a[j] = (a[j] + product) % q;
      }
    }
  }
}

void inverse_transform(Polynomial& a) {
  for (std::size_t groups = n / 2, half = 1; groups >= 1; groups /= 2, half *= 2) {
    for (std::size_t i = 0; i < groups; ++i) {
      const auto factor = inverse_powers[groups + i];
      for (std::size_t j = 2 * i * half; j < (2 * i + 1) * half; ++j) {
        const auto difference = a[j] + q - a[j + half];
        a[j] = (a[j] + a[j + half]) % q;
        a[j + half] = difference * factor % q;
      }
    }
  }
  constexpr auto scale = power(n, q - 2);
  for (auto& value : a) value = value * scale % q;
}

// Signed coefficients of five bits, big-endian; the most negative value is no coefficient.
std::optional<Polynomial> decode_small(ByteView bytes) {
  Polynomial out;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  std::size_t at = 0;
  std::uint32_t forbidden = 0;
  for (auto& coefficient : out) {
    if (bits < fg_bits) {
      pending = pending << 8 | bytes[at++];
      bits += 8;
    }
    bits -= fg_bits;
    const auto value = pending >> bits & ((1u << fg_bits) - 1);
    const auto sign = value >> (fg_bits - 1);
    forbidden |= static_cast<std::uint32_t>(value == 1u << (fg_bits - 1));
    coefficient = value + sign * (q - (1u << fg_bits));
  }
  if (forbidden != 0) return std::nullopt;
  return out;
}

Bytes encode_public(const Polynomial& h) {
  Bytes out{0x0A};
  out.reserve(public_key_size);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const auto coefficient : h) {
    pending = pending << h_bits | coefficient;
    for (bits += h_bits; bits >= 8; bits -= 8) out.push_back(static_cast<std::uint8_t>(pending >> (bits - 8)));
  }
  return out;
}

}  // namespace

Result<Bytes> derive_public_key(ByteView private_key) {
  constexpr std::size_t encoded_fg = n * fg_bits / 8;
  if (!available()) return std::unexpected(Error::unavailable);
  if (private_key.size() != private_key_size) return std::unexpected(Error::bad_length);
  if (private_key[0] != 0x5A) return std::unexpected(Error::bad_key);
  auto f = decode_small(private_key.subspan(1, encoded_fg));
  auto g = decode_small(private_key.subspan(1 + encoded_fg, encoded_fg));
  if (!f || !g) return std::unexpected(Error::bad_key);
  transform(*f);
  transform(*g);
  bool invertible = true;
  for (std::size_t i = 0; i < n; ++i) {
    invertible &= (*f)[i] != 0;
    (*g)[i] = (*g)[i] * power((*f)[i], q - 2) % q;
  }
  wipe({reinterpret_cast<std::uint8_t*>(f->data()), sizeof *f});
  if (!invertible) return std::unexpected(Error::bad_key);
  inverse_transform(*g);
  return encode_public(*g);
}

}  // namespace pqc::crypto::falcon
