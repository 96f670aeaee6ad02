#include "protocol/mls_public/suite.h"

#include <algorithm>
#include <array>

namespace pqc::mls::inline public_part {
namespace {

using enum crypto::AeadAlg;
using enum crypto::HashAlg;
using enum hpke::Kem;
using hpke::Kdf;
using enum SignatureScheme;

constexpr std::array<Suite, 11> table{{
    {1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", {dhkem_x25519, Kdf::hkdf_sha256, aes_128_gcm}, sha256, ed25519},
    {2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256", {dhkem_p256, Kdf::hkdf_sha256, aes_128_gcm}, sha256, ecdsa_p256},
    {3,
     "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
     {dhkem_x25519, Kdf::hkdf_sha256, chacha20_poly1305},
     sha256,
     ed25519},
    {4, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448", {dhkem_x448, Kdf::hkdf_sha512, aes_256_gcm}, sha512, ed448},
    {5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521", {dhkem_p521, Kdf::hkdf_sha512, aes_256_gcm}, sha512, ecdsa_p521},
    {6,
     "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
     {dhkem_x448, Kdf::hkdf_sha512, chacha20_poly1305},
     sha512,
     ed448},
    {7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384", {dhkem_p384, Kdf::hkdf_sha384, aes_256_gcm}, sha384, ecdsa_p384},
    {83, "MLS_256_XWING_AES256GCM_SHA512_Ed25519", {x_wing, Kdf::hkdf_sha512, aes_256_gcm}, sha512, ed25519},
    {87, "MLS_256_XWING_AES256GCM_SHA512_MLDSA87", {x_wing, Kdf::hkdf_sha512, aes_256_gcm}, sha512, ml_dsa_87},
    {0xF001,
     "MLS_192_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
     {ml_kem_768_x25519, Kdf::hkdf_sha384, aes_256_gcm},
     sha384,
     ed25519},
    {0xF002,
     "MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87",
     {ml_kem_1024, Kdf::hkdf_sha384, aes_256_gcm},
     sha384,
     ml_dsa_87},
}};

}  // namespace

std::span<const Suite> all_suites() {
  return table;
}

const Suite* find_suite(std::uint16_t number) {
  const auto found = std::ranges::find(table, number, &Suite::number);
  return found == table.end() ? nullptr : &*found;
}

Digest hash_of(crypto::HashAlg alg, std::initializer_list<ByteView> pieces) {
  Digest out;
  out.size = static_cast<std::uint8_t>(crypto::hash_size(alg));
  // SHA-2 fails only where the library has none; such a digest matches nothing.
  if (!crypto::hash(alg, pieces, ByteSpan(out.bytes).first(out.size))) out.size = 0;
  return out;
}

}  // namespace pqc::mls::inline public_part
