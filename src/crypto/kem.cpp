#include "crypto/kem.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

const char* name_of(KemAlg alg) {
  switch (alg) {
    case KemAlg::ml_kem_512:
      return "ML-KEM-512";
    case KemAlg::ml_kem_768:
      return "ML-KEM-768";
    case KemAlg::ml_kem_1024:
      return "ML-KEM-1024";
  }
  return "";
}

constexpr std::size_t matrix_seed_size = 32;  // rho, behind the coefficients
constexpr unsigned modulus = 3329;            // q

}  // namespace

// Two coefficients of twelve bits in three bytes (ByteEncode of FIPS 203 §4.2.1). The key is public.
Result<void> check_kem_key(KemAlg alg, ByteView encoded) {
  if (encoded.size() != kem_sizes(alg).public_key) return std::unexpected(Error::bad_length);
  for (auto rest = encoded.first(encoded.size() - matrix_seed_size); !rest.empty(); rest = rest.subspan(3)) {
    const auto low = rest[0] | (rest[1] & 0x0FU) << 8;
    const auto high = rest[1] >> 4 | unsigned{rest[2]} << 4;
    if (low >= modulus || high >= modulus) return std::unexpected(Error::bad_key);
  }
  return {};
}

Result<KemPrivateKey> KemPrivateKey::generate(KemAlg alg, Rng& rng) {
  KemSeed seed;
  rng.fill(seed.fill());
  return from_seed(alg, seed.view());
}

Result<KemPrivateKey> KemPrivateKey::from_seed(KemAlg alg, std::span<const std::uint8_t, kem_seed_size> seed) {
  return key_from_seed(name_of(alg), seed).transform([&](PkeyHandle key) {
    return KemPrivateKey(alg, std::move(key));
  });
}

Result<void> KemPrivateKey::encode_public(ByteSpan out) const {
  if (out.size() != kem_sizes(alg_).public_key) return std::unexpected(Error::bad_length);
  return read_public(key_.get(), out);
}

Result<void> KemPrivateKey::decapsulate(ByteView ciphertext, std::span<std::uint8_t, kem_secret_size> secret) const {
  if (ciphertext.size() != kem_sizes(alg_).ciphertext) return std::unexpected(Error::bad_length);
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  auto size = secret.size();
  if (!context || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
      EVP_PKEY_decapsulate(context.get(), secret.data(), &size, ciphertext.data(), ciphertext.size()) != 1) {
    return fail(Error::backend);
  }
  return {};
}

Result<void> KemPrivateKey::export_seed(std::span<std::uint8_t, kem_seed_size> out) const {
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_ML_KEM_SEED, out.data(), out.size(), &size) != 1 ||
      size != out.size()) {
    return fail(Error::backend);
  }
  return {};
}

Result<KemPublicKey> KemPublicKey::decode(KemAlg alg, ByteView encoded) {
  if (encoded.size() != kem_sizes(alg).public_key) return std::unexpected(Error::bad_length);
  return raw_public_key(name_of(alg), encoded).transform([&](PkeyHandle key) {
    return KemPublicKey(alg, std::move(key));
  });
}

Result<void> KemPublicKey::encapsulate(std::span<const std::uint8_t, kem_randomness_size> randomness,
                                       ByteSpan ciphertext, std::span<std::uint8_t, kem_secret_size> secret) const {
  if (ciphertext.size() != kem_sizes(alg_).ciphertext) return std::unexpected(Error::bad_length);
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  // OpenSSL only reads what the parameter points to.
  const std::array parameters{OSSL_PARAM_construct_octet_string(
                                  OSSL_KEM_PARAM_IKME, const_cast<std::uint8_t*>(randomness.data()), randomness.size()),
                              OSSL_PARAM_construct_end()};
  auto ciphertext_size = ciphertext.size();
  auto secret_size = secret.size();
  if (!context || EVP_PKEY_encapsulate_init(context.get(), parameters.data()) != 1 ||
      EVP_PKEY_encapsulate(context.get(), ciphertext.data(), &ciphertext_size, secret.data(), &secret_size) != 1) {
    return fail(Error::backend);
  }
  return {};
}

}  // namespace pqc::crypto
