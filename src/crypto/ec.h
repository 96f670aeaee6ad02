// The NIST curves P-256, P-384 and P-521 (SP 800-186): Diffie-Hellman (SEC 1 §3.3.1) and ECDSA (FIPS 186-5) with the
// hash of the curve's strength.
//
// Private keys are big-endian scalars from 1 to n-1, public keys uncompressed points (0x04 ‖ x ‖ y), shared secrets the
// x coordinate, signatures DER (RFC 8446 §4.2.3). A decoded point is checked to lie on the curve. ECDSA nonces are
// deterministic (RFC 6979), so signing draws no randomness. A key object serves one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/handle.h"

namespace pqc::crypto {

enum class Curve : std::uint8_t { p256, p384, p521 };

inline constexpr std::size_t max_ec_scalar_size = 66;

// Of private keys and shared secrets alike.
constexpr std::size_t ec_scalar_size(Curve curve) {
  return curve == Curve::p256 ? 32 : curve == Curve::p384 ? 48 : max_ec_scalar_size;
}
constexpr std::size_t ec_point_size(Curve curve) {
  return 1 + 2 * ec_scalar_size(curve);
}

class EcPrivateKey {
 public:
  static Result<EcPrivateKey> generate(Curve curve, Rng& rng);
  // Error::bad_key unless 0 < scalar < n. The public key is computed: one multiplication by the base point.
  static Result<EcPrivateKey> from_bytes(Curve curve, ByteView scalar);
  // For a pair that this class made earlier: the public key is taken as it is.
  static Result<EcPrivateKey> from_pair(Curve curve, ByteView scalar, ByteView point);

  [[nodiscard]] Curve curve() const { return curve_; }
  [[nodiscard]] ByteView public_key() const { return public_key_; }
  [[nodiscard]] const SecretBytes& encoded() const { return scalar_; }
  // Writes ec_scalar_size(curve()) bytes. On an error `shared` is all zero.
  [[nodiscard]] Result<void> agree(ByteView peer_public, ByteSpan shared) const;
  [[nodiscard]] Result<Bytes> sign(ByteView message) const;

 private:
  EcPrivateKey(Curve curve, PkeyHandle key, ByteView scalar, ByteView point)
      : curve_(curve), key_(std::move(key)), scalar_(scalar), public_key_(to_bytes(point)) {}

  Curve curve_;
  PkeyHandle key_;
  SecretBytes scalar_;
  Bytes public_key_;
};

// Error::refused for any signature that does not hold, Error::bad_key for bytes that are no point of the curve.
[[nodiscard]] Result<void> ecdsa_verify(Curve curve, ByteView public_key, ByteView message, ByteView signature);
// Whether the bytes are an uncompressed point of the curve.
[[nodiscard]] Result<void> check_ec_point(Curve curve, ByteView point);

}  // namespace pqc::crypto
