#include "crypto/rsa_oaep.h"

#include <array>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

constexpr std::size_t public_exponent = 65537;

bool is_our_kind(EVP_PKEY* key) {
  std::size_t exponent = 0;
  BIGNUM* e = nullptr;
  if (EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_get_bits(key) != static_cast<int>(rsa_modulus_bits)) return false;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1) exponent = BN_get_word(e);
  BN_free(e);
  return exponent == public_exponent;
}

using Init = int (*)(EVP_PKEY_CTX*, const OSSL_PARAM*);

// A context with our one choice of padding and hashes (RFC 8017 §7.1).
Result<PkeyContextHandle> oaep_context(EVP_PKEY* key, Init init, ByteView label) {
  std::array<char, 5> padding{OSSL_PKEY_RSA_PAD_MODE_OAEP};
  std::array<char, 9> digest{"SHA2-256"};
  std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, padding.data(), 0),
                        OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digest.data(), 0),
                        OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, digest.data(), 0),
                        OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  // An empty label is OpenSSL's default, and it takes none that points nowhere.
  if (!label.empty()) {
    parameters[3] = OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                                      const_cast<std::uint8_t*>(label.data()), label.size());
  }
  PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context || init(context.get(), parameters.data()) != 1) return fail(Error::backend);
  return context;
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::decode(ByteView spki) {
  if (spki.size() > max_rsa_encoding) return std::unexpected(Error::bad_length);
  const auto* at = spki.data();
  PkeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
  if (!key || at != spki.data() + spki.size() || !is_our_kind(key.get())) return fail(Error::bad_key);
  return RsaPublicKey(std::move(key));
}

Result<Bytes> RsaPublicKey::encode() const {
  const auto size = i2d_PUBKEY(key_.get(), nullptr);
  if (size <= 0) return fail(Error::backend);
  Bytes out(static_cast<std::size_t>(size));
  auto* at = out.data();
  i2d_PUBKEY(key_.get(), &at);
  return out;
}

Result<Bytes> RsaPublicKey::encrypt(ByteView label, ByteView plaintext) const {
  if (plaintext.size() > rsa_oaep_max_plaintext) return std::unexpected(Error::bad_length);
  const auto context = oaep_context(key_.get(), EVP_PKEY_encrypt_init_ex, label);
  if (!context) return std::unexpected(context.error());
  Bytes out(rsa_ciphertext_size);
  auto size = out.size();
  if (EVP_PKEY_encrypt(context->get(), out.data(), &size, plaintext.data(), plaintext.size()) != 1) {
    return fail(Error::backend);
  }
  return out;
}

Result<RsaPrivateKey> RsaPrivateKey::generate() {
  PkeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_modulus_bits));
  if (!key) return fail(Error::backend);
  return RsaPrivateKey(std::move(key));
}

Result<RsaPrivateKey> RsaPrivateKey::decode(ByteView pkcs8) {
  if (pkcs8.size() > max_rsa_encoding) return std::unexpected(Error::bad_length);
  const auto* at = pkcs8.data();
  PkeyHandle key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size())));
  if (!key || at != pkcs8.data() + pkcs8.size() || !is_our_kind(key.get())) return fail(Error::bad_key);
  return RsaPrivateKey(std::move(key));
}

Result<SecretBytes> RsaPrivateKey::encode() const {
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, decltype(&PKCS8_PRIV_KEY_INFO_free)> info(EVP_PKEY2PKCS8(key_.get()),
                                                                                       &PKCS8_PRIV_KEY_INFO_free);
  const auto size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  if (size <= 0) return fail(Error::backend);
  SecretBytes out(static_cast<std::size_t>(size));
  auto* at = out.fill().data();
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
  return out;
}

Result<RsaPublicKey> RsaPrivateKey::public_key() const {
  if (EVP_PKEY_up_ref(key_.get()) != 1) return fail(Error::backend);
  return RsaPublicKey(PkeyHandle(key_.get()));
}

Result<SecretBytes> RsaPrivateKey::decrypt(ByteView label, ByteView ciphertext) const {
  const auto context = oaep_context(key_.get(), EVP_PKEY_decrypt_init_ex, label);
  if (!context) return std::unexpected(context.error());
  if (ciphertext.size() != rsa_ciphertext_size) return std::unexpected(Error::refused);
  Secret<struct RsaPlaintextTag, rsa_ciphertext_size> plaintext;
  std::size_t size = plaintext.size;
  if (EVP_PKEY_decrypt(context->get(), plaintext.fill().data(), &size, ciphertext.data(), ciphertext.size()) != 1) {
    return fail(Error::refused);
  }
  return SecretBytes(plaintext.view().first(size));
}

}  // namespace pqc::crypto
