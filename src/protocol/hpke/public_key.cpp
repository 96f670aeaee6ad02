// What may be known of a KEM without its secrets: sizes, and the form of public keys. Kept apart, so that whoever only
// looks at keys is linked from nothing that uses them.
#include <array>
#include <optional>

#include "crypto/ec.h"
#include "crypto/kem.h"
#include "crypto/small_order.h"
#include "protocol/hpke/kem.h"

namespace pqc::hpke {
namespace {

constexpr std::array<KemParameters, 10> all{{
    {0x0010, 32, 65, 65, 32},
    {0x0011, 48, 97, 97, 48},
    {0x0012, 66, 133, 133, 64},
    {0x0020, 32, 32, 32, 32},
    {0x0021, 56, 56, 56, 64},
    {0x0040, 64, 800, 768, 32},
    {0x0041, 64, 1184, 1088, 32},
    {0x0042, 64, 1568, 1568, 32},
    {0x647A, 32, 1216, 1120, 32},
    {0x647A, 32, 1216, 1120, 32},
}};

std::optional<crypto::Curve> curve_of(Kem kem) {
  if (kem == Kem::dhkem_p256) return crypto::Curve::p256;
  if (kem == Kem::dhkem_p384) return crypto::Curve::p384;
  if (kem == Kem::dhkem_p521) return crypto::Curve::p521;
  return std::nullopt;
}

std::optional<crypto::KemAlg> ml_kem_of(Kem kem) {
  if (kem == Kem::ml_kem_512) return crypto::KemAlg::ml_kem_512;
  if (kem == Kem::ml_kem_1024) return crypto::KemAlg::ml_kem_1024;
  const bool with_768 = kem == Kem::ml_kem_768 || kem == Kem::x_wing || kem == Kem::ml_kem_768_x25519;
  return with_768 ? std::optional(crypto::KemAlg::ml_kem_768) : std::nullopt;
}

// X-Wing's key, and that of the other hybrid, is ML-KEM's and then X25519's.
std::optional<crypto::DhAlg> dh_of(Kem kem) {
  if (kem == Kem::dhkem_x448) return crypto::DhAlg::x448;
  const bool with_x25519 = kem == Kem::dhkem_x25519 || kem == Kem::x_wing || kem == Kem::ml_kem_768_x25519;
  return with_x25519 ? std::optional(crypto::DhAlg::x25519) : std::nullopt;
}

}  // namespace

const KemParameters& parameters(Kem kem) {
  return all[static_cast<std::size_t>(kem)];
}

// Every string is a key of X25519 and X448, but nobody can encrypt to those of small order: each half is looked at.
Result<void> check_public_key(Kem kem, ByteView public_key) {
  if (public_key.size() != parameters(kem).public_key) return std::unexpected(Error::bad_key);
  const auto bad = [](crypto::Error) { return Error::bad_key; };
  if (const auto curve = curve_of(kem)) return crypto::check_ec_point(*curve, public_key).transform_error(bad);
  if (const auto alg = dh_of(kem); alg && crypto::has_small_order(*alg, public_key.last(crypto::dh_key_size(*alg)))) {
    return std::unexpected(Error::bad_key);
  }
  if (const auto alg = ml_kem_of(kem)) {
    return crypto::check_kem_key(*alg, public_key.first(crypto::kem_sizes(*alg).public_key)).transform_error(bad);
  }
  return {};
}

}  // namespace pqc::hpke
