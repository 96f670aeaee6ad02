#include "protocol/mls/kdf.h"

#include "crypto/kdf.h"
#include "protocol/mls_public/signature.h"

namespace pqc::mls {
namespace {

// EncryptContext.
Bytes encrypt_context(std::string_view label, ByteView context) {
  Bytes out;
  Encoder encoder(out);
  encoder.opaque(labelled(label));
  encoder.opaque(context);
  return out;
}

Error mapped(hpke::Error error) {
  return error == hpke::Error::backend ? Error::backend : Error::refused;
}

}  // namespace

SecretBytes Kdf::extract(ByteView salt, ByteView ikm) {
  SecretBytes out(suite_->secret_size());
  if (!crypto::hkdf_extract(suite_->hash, salt, ikm, out.fill())) good_ = false;
  return out;
}

// KDFLabel.
SecretBytes Kdf::expand_with_label(ByteView secret, std::string_view label, ByteView context, std::size_t length) {
  SecretBytes out(length);
  Bytes info;
  Encoder encoder(info);
  encoder(static_cast<std::uint16_t>(length));
  encoder.opaque(labelled(label));
  encoder.opaque(context);
  if (length > 0xFFFF || !crypto::hkdf_expand(suite_->hash, secret, info, out.fill())) good_ = false;
  return out;
}

SecretBytes Kdf::derive_secret(ByteView secret, std::string_view label) {
  return expand_with_label(secret, label, {}, suite_->secret_size());
}

SecretBytes Kdf::derive_tree_secret(ByteView secret, std::string_view label, Generation generation,
                                    std::size_t length) {
  return expand_with_label(secret, label, encode(generation), length);
}

SecretBytes Kdf::mac(ByteView key, ByteView message) {
  SecretBytes out(suite_->secret_size());
  if (!crypto::hmac(suite_->hash, key, message, out.fill())) good_ = false;
  return out;
}

Result<hpke::Info> label_info(const Suite& suite, std::string_view label, ByteView context) {
  return hpke::Info::prepare(suite.hpke, encrypt_context(label, context)).transform_error(mapped);
}

Result<HpkeCiphertext> encrypt_with_label(const Suite& suite, ByteView public_key, const hpke::Info& info,
                                          ByteView plaintext, Rng& rng) {
  return hpke::seal_base(suite.hpke, public_key, info, {}, plaintext, rng)
      .transform(
          [](hpke::Sealed sealed) { return HpkeCiphertext{std::move(sealed.output), std::move(sealed.ciphertext)}; })
      .transform_error(mapped);
}

Result<SecretBytes> decrypt_with_label(const Suite& suite, const hpke::KeyPair& pair, std::string_view label,
                                       ByteView context, const HpkeCiphertext& ciphertext) {
  return hpke::open_base(suite.hpke, pair, ciphertext.kem_output, encrypt_context(label, context), {},
                         ciphertext.ciphertext)
      .transform_error(mapped);
}

}  // namespace pqc::mls
