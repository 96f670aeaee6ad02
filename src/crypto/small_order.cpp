#include "crypto/small_order.h"

#include <array>
#include <string_view>

namespace pqc::crypto {
namespace {

// The y coordinates of the points whose order divides the cofactor, and the same not reduced modulo p, little-endian;
// the sign of x is not part of them (RFC 8032 §5.1.2, §5.2.2).
constexpr std::array<std::string_view, 7> ed25519_ordinates{
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

constexpr std::array<std::string_view, 5> ed448_ordinates{
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0",
    "01000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0",
    "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffff0"
    "0",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffff0"
    "0",
    "00000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff0"
    "0"};

// The u coordinates of such points on the curve and on its twist, and the same not reduced; X25519 passes over the
// first bit of the last byte (RFC 7748 §5, §6).
constexpr std::array<std::string_view, 7> x25519_coordinates{
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

constexpr std::array<std::string_view, 5> x448_coordinates{
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "00000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

}  // namespace

bool has_small_order(SignatureAlg alg, ByteView encoded) {
  const bool ed25519 = alg == SignatureAlg::ed25519;
  if (!ed25519 && alg != SignatureAlg::ed448) return false;
  auto ordinate = to_bytes(encoded);
  ordinate.back() &= 0x7F;
  const auto text = to_hex(ordinate);
  return ed25519 ? std::ranges::contains(ed25519_ordinates, text) : std::ranges::contains(ed448_ordinates, text);
}

bool has_small_order(DhAlg alg, ByteView encoded) {
  auto coordinate = to_bytes(encoded);
  if (alg == DhAlg::x448) return std::ranges::contains(x448_coordinates, to_hex(coordinate));
  coordinate.back() &= 0x7F;
  return std::ranges::contains(x25519_coordinates, to_hex(coordinate));
}

}  // namespace pqc::crypto
