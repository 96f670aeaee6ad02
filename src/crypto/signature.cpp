#include "crypto/signature.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/backend.h"
#include "crypto/falcon.h"
#include "crypto/small_order.h"

namespace pqc::crypto {
namespace {

constexpr std::array names{"ED25519", "ED448", "ML-DSA-65", "ML-DSA-87"};

const char* name_of(SignatureAlg alg) {
  return names[static_cast<std::size_t>(alg)];
}
bool is_falcon(SignatureAlg alg) {
  return alg == SignatureAlg::falcon_1024;
}
bool is_ml_dsa(SignatureAlg alg) {
  return alg == SignatureAlg::ml_dsa_65 || alg == SignatureAlg::ml_dsa_87;
}

EVP_SIGNATURE* fetched(SignatureAlg alg) {
  static const auto all = [] {
    std::array<EVP_SIGNATURE*, names.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = EVP_SIGNATURE_fetch(nullptr, names[i], nullptr);
    return out;
  }();
  return all[static_cast<std::size_t>(alg)];
}

using Hedge = Secret<struct HedgeTag, 32>;

Result<void> sign_with_openssl(EVP_PKEY* key, SignatureAlg alg, ByteView message, Rng& rng, ByteSpan out) {
  Hedge hedge;
  std::array parameters{OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (is_ml_dsa(alg)) {
    // rnd of FIPS 204 Algorithm 2. OpenSSL names the parameter for tests; it is the way to bring one's own randomness.
    rng.fill(hedge.fill());
    parameters[0] =
        OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_TEST_ENTROPY, hedge.fill().data(), hedge.size);
  }
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  auto size = out.size();
  if (!context || EVP_PKEY_sign_message_init(context.get(), fetched(alg), parameters.data()) != 1 ||
      EVP_PKEY_sign(context.get(), out.data(), &size, message.data(), message.size()) != 1 || size != out.size()) {
    return fail(Error::backend);
  }
  return {};
}

}  // namespace

bool available(SignatureAlg alg) {
  return !is_falcon(alg) || falcon::available();
}

Result<SignaturePublicKey> SignaturePublicKey::decode(SignatureAlg alg, ByteView encoded) {
  if (!available(alg)) return std::unexpected(Error::unavailable);
  if (encoded.size() != signature_sizes(alg).public_key) return std::unexpected(Error::bad_length);
  if (has_small_order(alg, encoded)) return std::unexpected(Error::low_order);
  SignaturePublicKey out(alg, encoded);
  if (is_falcon(alg)) return out;
  return raw_public_key(name_of(alg), encoded).transform([&](PkeyHandle key) {
    out.key_ = std::move(key);
    return std::move(out);
  });
}

Result<void> SignaturePublicKey::verify(ByteView message, ByteView signature) const {
  if (signature.size() != signature_sizes(alg_).signature) return std::unexpected(Error::refused);
  if (is_falcon(alg_)) return falcon::verify_padded(encoded_, message, signature);
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  if (!context || EVP_PKEY_verify_message_init(context.get(), fetched(alg_), nullptr) != 1) {
    return fail(Error::backend);
  }
  if (EVP_PKEY_verify(context.get(), signature.data(), signature.size(), message.data(), message.size()) != 1) {
    return fail(Error::refused);
  }
  return {};
}

Result<SignaturePrivateKey> SignaturePrivateKey::generate(SignatureAlg alg, Rng& rng) {
  if (is_falcon(alg)) {
    return falcon::generate(rng).transform([&](falcon::KeyPair pair) {
      SignaturePrivateKey out(alg, std::move(pair.private_key));
      out.public_key_ = std::move(pair.public_key);
      return out;
    });
  }
  SecretBytes secret(signature_sizes(alg).private_key);
  rng.fill(secret.fill());
  return decode(alg, secret.view());
}

Result<SignaturePrivateKey> SignaturePrivateKey::decode(SignatureAlg alg, ByteView encoded) {
  const auto sizes = signature_sizes(alg);
  if (!available(alg)) return std::unexpected(Error::unavailable);
  if (encoded.size() != sizes.private_key) return std::unexpected(Error::bad_length);
  SignaturePrivateKey out(alg, SecretBytes(encoded));
  if (is_falcon(alg)) {
    return falcon::derive_public_key(encoded).transform([&](Bytes public_key) {
      out.public_key_ = std::move(public_key);
      return std::move(out);
    });
  }
  auto key = is_ml_dsa(alg) ? key_from_seed(name_of(alg), encoded) : raw_private_key(name_of(alg), encoded);
  if (!key) return std::unexpected(key.error());
  out.key_ = std::move(*key);
  out.public_key_.resize(sizes.public_key);
  return read_public(out.key_.get(), out.public_key_).transform([&] { return std::move(out); });
}

Result<void> SignaturePrivateKey::sign(ByteView message, Rng& rng, ByteSpan out) const {
  if (out.size() != signature_sizes(alg_).signature) return std::unexpected(Error::bad_length);
  if (is_falcon(alg_)) return falcon::sign_padded(encoded_.view(), message, rng, out);
  return sign_with_openssl(key_.get(), alg_, message, rng, out);
}

Result<Bytes> SignaturePrivateKey::sign(ByteView message, Rng& rng) const {
  Bytes out(signature_sizes(alg_).signature);
  return sign(message, rng, out).transform([&] { return std::move(out); });
}

}  // namespace pqc::crypto
