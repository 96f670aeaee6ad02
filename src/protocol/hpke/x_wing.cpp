#include "protocol/hpke/x_wing.h"

#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/kem.h"

namespace pqc::hpke {
namespace {

constexpr auto kem_alg = crypto::KemAlg::ml_kem_768;
constexpr auto dh_alg = crypto::DhAlg::x25519;
constexpr auto kem_public_size = crypto::ml_kem_768_sizes.public_key;
constexpr auto kem_output_size = crypto::ml_kem_768_sizes.ciphertext;
constexpr std::string_view label = "\\.//^\\";

using DhBytes = Secret<struct XWingDhTag, crypto::x25519_size>;

// SHAKE256(seed, 96): the seed of ML-KEM, then the X25519 key.
struct Expanded {
  crypto::KemSeed kem;
  DhBytes dh;
};

Error mapped(crypto::Error error) {
  return error == crypto::Error::backend ? Error::backend : Error::bad_key;
}

crypto::Result<Expanded> expand(ByteView seed) {
  Secret<struct ExpandedSeedTag, crypto::kem_seed_size + crypto::x25519_size> bytes;
  return crypto::hash(crypto::HashAlg::shake256, seed, bytes.fill()).transform([&] {
    Expanded out;
    std::ranges::copy(ByteView(bytes.view()).first(crypto::kem_seed_size), out.kem.fill().begin());
    std::ranges::copy(ByteView(bytes.view()).last(crypto::x25519_size), out.dh.fill().begin());
    return out;
  });
}

crypto::Result<SecretBytes> combine(const crypto::KemSecret& kem, const DhBytes& dh, ByteView dh_output,
                                    ByteView dh_public) {
  SecretBytes out(crypto::hash_size(crypto::HashAlg::sha3_256));
  return crypto::hash(crypto::HashAlg::sha3_256, {kem.view(), dh.view(), dh_output, dh_public, as_bytes(label)},
                      out.fill())
      .transform([&] { return std::move(out); });
}

}  // namespace

Result<KeyPair> x_wing_pair(ByteView seed) {
  KeyPair pair{SecretBytes(seed), Bytes(kem_public_size)};
  return expand(seed)
      .and_then([&](const Expanded& keys) {
        return crypto::KemPrivateKey::from_seed(kem_alg, keys.kem.view())
            .and_then([&](const auto& key) { return key.encode_public(pair.public_key); })
            .and_then([&] { return crypto::DhPrivateKey::from_bytes(dh_alg, keys.dh.view()); })
            .transform([&](const auto& key) {
              append(pair.public_key, key.public_key());
              return std::move(pair);
            });
      })
      .transform_error(mapped);
}

Result<SecretBytes> expand_x_wing_seed(ByteView ikm) {
  SecretBytes seed(parameters(Kem::x_wing).private_key);
  return crypto::hash(crypto::HashAlg::shake256, ikm, seed.fill())
      .transform([&] { return std::move(seed); })
      .transform_error(mapped);
}

Result<Encapsulated> x_wing_encapsulate(ByteView public_key, Rng& rng) {
  Secret<struct XWingRandomTag, crypto::kem_randomness_size> random;
  DhBytes ephemeral_bytes;
  rng.fill(random.fill());
  rng.fill(ephemeral_bytes.fill());
  const auto kem_public = public_key.first(kem_public_size);
  const auto dh_public = public_key.subspan(kem_public_size);
  Bytes output(kem_output_size);
  crypto::KemSecret kem_secret;
  DhBytes dh_secret;
  return crypto::KemPublicKey::decode(kem_alg, kem_public)
      .and_then([&](const auto& key) { return key.encapsulate(random.view(), output, kem_secret.fill()); })
      .and_then([&] { return crypto::DhPrivateKey::from_bytes(dh_alg, ephemeral_bytes.view()); })
      .and_then([&](const auto& ephemeral) {
        return ephemeral.agree(dh_public, dh_secret.fill()).and_then([&] {
          append(output, ephemeral.public_key());
          return combine(kem_secret, dh_secret, ephemeral.public_key(), dh_public);
        });
      })
      .transform([&](SecretBytes secret) { return Encapsulated{std::move(output), std::move(secret)}; })
      .transform_error(mapped);
}

Result<SecretBytes> x_wing_decapsulate(const KeyPair& pair, ByteView output) {
  const auto dh_output = output.subspan(kem_output_size);
  const auto dh_public = ByteView(pair.public_key).subspan(kem_public_size);
  crypto::KemSecret kem_secret;
  DhBytes dh_secret;
  return expand(pair.private_key.view())
      .and_then([&](const Expanded& keys) {
        return crypto::KemPrivateKey::from_seed(kem_alg, keys.kem.view())
            .and_then(
                [&](const auto& key) { return key.decapsulate(output.first(kem_output_size), kem_secret.fill()); })
            .and_then([&] { return crypto::DhPrivateKey::from_pair(dh_alg, keys.dh.view(), dh_public); })
            .and_then([&](const auto& key) { return key.agree(dh_output, dh_secret.fill()); });
      })
      .and_then([&] { return combine(kem_secret, dh_secret, dh_output, dh_public); })
      .transform_error(mapped);
}

}  // namespace pqc::hpke
