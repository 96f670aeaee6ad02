#include "protocol/hpke/ml_kem.h"

#include "crypto/kem.h"

namespace pqc::hpke {
namespace {

crypto::KemAlg alg_of(Kem kem) {
  if (kem == Kem::ml_kem_512) return crypto::KemAlg::ml_kem_512;
  return kem == Kem::ml_kem_768 ? crypto::KemAlg::ml_kem_768 : crypto::KemAlg::ml_kem_1024;
}

Error mapped(crypto::Error error) {
  return error == crypto::Error::backend ? Error::backend : Error::bad_key;
}

}  // namespace

Result<KeyPair> ml_kem_pair(Kem kem, ByteView seed) {
  KeyPair pair{SecretBytes(seed), Bytes(parameters(kem).public_key)};
  return crypto::KemPrivateKey::from_seed(alg_of(kem), seed.first<crypto::kem_seed_size>())
      .and_then([&](const auto& key) { return key.encode_public(pair.public_key); })
      .transform([&] { return std::move(pair); })
      .transform_error(mapped);
}

bool is_ml_kem(Kem kem) {
  return kem == Kem::ml_kem_512 || kem == Kem::ml_kem_768 || kem == Kem::ml_kem_1024;
}

Result<Encapsulated> ml_kem_encapsulate(Kem kem, ByteView public_key, Rng& rng) {
  Secret<struct KemRandomTag, crypto::kem_randomness_size> random;
  rng.fill(random.fill());
  crypto::KemSecret secret;
  Bytes output(parameters(kem).output);
  return crypto::KemPublicKey::decode(alg_of(kem), public_key)
      .and_then([&](const auto& key) { return key.encapsulate(random.view(), output, secret.fill()); })
      .transform([&] { return Encapsulated{std::move(output), SecretBytes(secret.view())}; })
      .transform_error(mapped);
}

Result<SecretBytes> ml_kem_decapsulate(Kem kem, ByteView seed, ByteView output) {
  crypto::KemSecret secret;
  return crypto::KemPrivateKey::from_seed(alg_of(kem), seed.first<crypto::kem_seed_size>())
      .and_then([&](const auto& key) { return key.decapsulate(output, secret.fill()); })
      .transform([&] { return SecretBytes(secret.view()); })
      .transform_error(mapped);
}

}  // namespace pqc::hpke
