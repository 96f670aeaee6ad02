#include "crypto/password_hash.h"

#include <array>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

bool within_limits(ByteView salt, const Argon2Parameters& p, ByteView out) {
  return p.lanes >= 1 && p.lanes <= max_argon2_lanes && p.passes >= 1 && p.passes <= max_argon2_passes &&
         p.memory_kib >= 8 * p.lanes && p.memory_kib <= max_argon2_memory_kib && salt.size() >= min_argon2_salt_size &&
         out.size() >= min_argon2_output_size && out.size() <= max_argon2_output_size;
}

// OpenSSL only reads what an input parameter points to.
OSSL_PARAM octets(const char* name, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

struct KdfFree {
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

}  // namespace

Result<void> argon2id(ByteView passphrase, ByteView salt, const Argon2Parameters& parameters, ByteSpan out) {
  if (!within_limits(salt, parameters, out)) return std::unexpected(Error::limit);
  auto [memory, passes, lanes] = parameters;
  // One thread computes all lanes: the result is the same, and OpenSSL's thread pool need not be set up.
  std::uint32_t threads = 1;
  std::array given{octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
                   octets(OSSL_KDF_PARAM_SALT, salt),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &passes),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_THREADS, &threads),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_LANES, &lanes),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_MEMCOST, &memory),
                   OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_KDF, KdfFree> kdf(EVP_KDF_fetch(nullptr, "ARGON2ID", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, KdfFree> context(EVP_KDF_CTX_new(kdf.get()));
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), given.data()) != 1) {
    return fail(Error::backend);
  }
  return {};
}

}  // namespace pqc::crypto
