#include "crypto/backend.h"

#include <array>
#include <new>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

namespace pqc::crypto {
namespace {

constexpr std::array hash_names{"SHA2-256", "SHA2-384", "SHA2-512", "SHA3-256", "SHA3-512", "SHAKE-128", "SHAKE-256"};
constexpr std::array aead_names{"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};

}  // namespace

// The fetched objects live as long as the process.
const EVP_MD* fetched(HashAlg alg) {
  static const auto all = [] {
    std::array<const EVP_MD*, hash_names.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = EVP_MD_fetch(nullptr, hash_names[i], nullptr);
    return out;
  }();
  return all[static_cast<std::size_t>(alg)];
}

const EVP_CIPHER* fetched(AeadAlg alg) {
  static const auto all = [] {
    std::array<const EVP_CIPHER*, aead_names.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = EVP_CIPHER_fetch(nullptr, aead_names[i], nullptr);
    return out;
  }();
  return all[static_cast<std::size_t>(alg)];
}

std::unexpected<Error> fail(Error error) {
  ERR_clear_error();
  return std::unexpected(error);
}

Result<PkeyHandle> raw_private_key(const char* name, ByteView bytes) {
  PkeyHandle key(EVP_PKEY_new_raw_private_key_ex(nullptr, name, nullptr, bytes.data(), bytes.size()));
  if (!key) return fail(Error::bad_key);
  return key;
}

Result<PkeyHandle> raw_public_key(const char* name, ByteView bytes) {
  PkeyHandle key(EVP_PKEY_new_raw_public_key_ex(nullptr, name, nullptr, bytes.data(), bytes.size()));
  if (!key) return fail(Error::bad_key);
  return key;
}

Result<PkeyHandle> key_from_seed(const char* name, ByteView seed) {
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr));
  // The name of the parameter is the same for both algorithms; OpenSSL only reads it.
  static_assert(std::string_view(OSSL_PKEY_PARAM_ML_KEM_SEED) == OSSL_PKEY_PARAM_ML_DSA_SEED);
  const std::array parameters{OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_KEM_SEED,
                                                                const_cast<std::uint8_t*>(seed.data()), seed.size()),
                              OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_params(context.get(), parameters.data()) != 1 || EVP_PKEY_generate(context.get(), &key) != 1) {
    return fail(Error::backend);
  }
  return PkeyHandle(key);
}

Result<void> read_public(const EVP_PKEY* key, ByteSpan out) {
  auto size = out.size();
  if (EVP_PKEY_get_raw_public_key(key, out.data(), &size) != 1 || size != out.size()) return fail(Error::backend);
  return {};
}

}  // namespace pqc::crypto
