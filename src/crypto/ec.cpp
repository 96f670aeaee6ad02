#include "crypto/ec.h"

#include <array>
#include <memory>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

constexpr std::uint8_t uncompressed = 0x04;
// The chance that a random scalar is not below n is at most 2^-32 (P-256); P-521 loses its seven high bits first.
constexpr int max_draws = 16;

struct Parameters {
  const char* name;
  int nid;
  const char* digest;
  std::uint8_t top_mask;
};
constexpr std::array<Parameters, 3> parameters{{
    {"P-256", NID_X9_62_prime256v1, "SHA2-256", 0xFF},
    {"P-384", NID_secp384r1, "SHA2-384", 0xFF},
    {"P-521", NID_secp521r1, "SHA2-512", 0x01},
}};
const Parameters& of(Curve curve) {
  return parameters[static_cast<std::size_t>(curve)];
}

struct Free {
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
  void operator()(EC_GROUP* group) const noexcept { EC_GROUP_free(group); }
  void operator()(EC_POINT* point) const noexcept { EC_POINT_free(point); }
};
using Number = std::unique_ptr<BIGNUM, Free>;
using Point = std::unique_ptr<EC_POINT, Free>;

// Lives as long as the process; read only afterwards.
const EC_GROUP* group_of(Curve curve) {
  static const auto groups = [] {
    std::array<EC_GROUP*, parameters.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = EC_GROUP_new_by_curve_name(parameters[i].nid);
    return out;
  }();
  return groups[static_cast<std::size_t>(curve)];
}

Result<Number> scalar_of(Curve curve, ByteView bytes) {
  if (bytes.size() != ec_scalar_size(curve)) return std::unexpected(Error::bad_length);
  Number scalar(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (!scalar) return fail(Error::backend);
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), EC_GROUP_get0_order(group_of(curve))) >= 0) {
    return fail(Error::bad_key);
  }
  return scalar;
}

Result<Bytes> base_multiple(Curve curve, const BIGNUM* scalar) {
  const auto* group = group_of(curve);
  const Point point(EC_POINT_new(group));
  Bytes out(ec_point_size(curve));
  if (!point || EC_POINT_mul(group, point.get(), scalar, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(), nullptr) !=
          out.size()) {
    return fail(Error::backend);
  }
  return out;
}

// OpenSSL only reads what parameters point to, but takes no pointer to const.
OSSL_PARAM octets(const char* name, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}
OSSL_PARAM text(const char* name, const char* value) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
}

Result<PkeyHandle> make_key(int selection, OSSL_PARAM* from) {
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, from) != 1) {
    return fail(Error::bad_key);
  }
  return PkeyHandle(key);
}

Result<PkeyHandle> public_key_of(Curve curve, ByteView point) {
  if (point.size() != ec_point_size(curve)) return std::unexpected(Error::bad_length);
  if (point.front() != uncompressed) return std::unexpected(Error::bad_key);
  std::array from{text(OSSL_PKEY_PARAM_GROUP_NAME, of(curve).name), octets(OSSL_PKEY_PARAM_PUB_KEY, point),
                  OSSL_PARAM_construct_end()};
  return make_key(EVP_PKEY_PUBLIC_KEY, from.data());
}

Result<PkeyHandle> pair_of(Curve curve, const BIGNUM* scalar, ByteView point) {
  std::array<std::uint8_t, max_ec_scalar_size> native{};
  const auto size = ec_scalar_size(curve);
  if (BN_bn2nativepad(scalar, native.data(), static_cast<int>(size)) < 0) return fail(Error::backend);
  std::array from{text(OSSL_PKEY_PARAM_GROUP_NAME, of(curve).name), octets(OSSL_PKEY_PARAM_PUB_KEY, point),
                  OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), size), OSSL_PARAM_construct_end()};
  auto key = make_key(EVP_PKEY_KEYPAIR, from.data());
  wipe(native);
  return key;
}

}  // namespace

Result<EcPrivateKey> EcPrivateKey::generate(Curve curve, Rng& rng) {
  Secret<struct EcScalarTag, max_ec_scalar_size> scalar;
  const auto bytes = ByteSpan(scalar.fill()).first(ec_scalar_size(curve));
  for (int i = 0; i < max_draws; ++i) {
    rng.fill(bytes);
    bytes[0] &= of(curve).top_mask;
    if (auto key = from_bytes(curve, bytes); key || key.error() != Error::bad_key) return key;
  }
  return std::unexpected(Error::backend);
}

Result<EcPrivateKey> EcPrivateKey::from_bytes(Curve curve, ByteView scalar) {
  const auto number = scalar_of(curve, scalar);
  if (!number) return std::unexpected(number.error());
  const auto point = base_multiple(curve, number->get());
  if (!point) return std::unexpected(point.error());
  return pair_of(curve, number->get(), *point).transform([&](PkeyHandle key) {
    return EcPrivateKey(curve, std::move(key), scalar, *point);
  });
}

Result<EcPrivateKey> EcPrivateKey::from_pair(Curve curve, ByteView scalar, ByteView point) {
  if (point.size() != ec_point_size(curve)) return std::unexpected(Error::bad_length);
  const auto number = scalar_of(curve, scalar);
  if (!number) return std::unexpected(number.error());
  return pair_of(curve, number->get(), point).transform([&](PkeyHandle key) {
    return EcPrivateKey(curve, std::move(key), scalar, point);
  });
}

Result<void> EcPrivateKey::agree(ByteView peer_public, ByteSpan shared) const {
  wipe(shared);
  if (shared.size() != ec_scalar_size(curve_)) return std::unexpected(Error::bad_length);
  const auto peer = public_key_of(curve_, peer_public);
  if (!peer) return std::unexpected(peer.error());
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  auto size = shared.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer->get(), 0) != 1 ||
      EVP_PKEY_derive(context.get(), shared.data(), &size) != 1 || size != shared.size()) {
    wipe(shared);
    return fail(Error::backend);
  }
  return {};
}

Result<Bytes> EcPrivateKey::sign(ByteView message) const {
  const DigestContextHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  unsigned int deterministic = 1;
  const std::array options{OSSL_PARAM_construct_uint(OSSL_SIGNATURE_PARAM_NONCE_TYPE, &deterministic),
                           OSSL_PARAM_construct_end()};
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), &key_context, of(curve_).digest, nullptr, nullptr, key_.get(),
                            options.data()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return fail(Error::backend);
  }
  Bytes out(size);
  if (EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) != 1) {
    return fail(Error::backend);
  }
  out.resize(size);
  return out;
}

Result<void> ecdsa_verify(Curve curve, ByteView public_key, ByteView message, ByteView signature) {
  const auto key = public_key_of(curve, public_key);
  if (!key) return std::unexpected(key.error());
  const DigestContextHandle context(EVP_MD_CTX_new());
  if (!context ||
      EVP_DigestVerifyInit_ex(context.get(), nullptr, of(curve).digest, nullptr, nullptr, key->get(), nullptr) != 1) {
    return fail(Error::backend);
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) != 1) {
    return fail(Error::refused);
  }
  return {};
}

Result<void> check_ec_point(Curve curve, ByteView point) {
  return public_key_of(curve, point).transform([](const PkeyHandle&) {});
}

}  // namespace pqc::crypto
