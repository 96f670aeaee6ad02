#include "protocol/mls/kdf.h"

#include <array>

#include "crypto/kdf.h"
#include "protocol/mls_public/signature.h"
#include "wire/writer.h"

namespace pqc::mls {
namespace {

// Room for the KDFLabel of all but the group context, so that most derivations cost no allocation.
constexpr std::size_t short_label = 128;

wire::Result<std::size_t> put_kdf_label(wire::Writer out, std::size_t length, std::string_view label,
                                        ByteView context) {
  out.u16(static_cast<std::uint16_t>(length)).varint(label_prefix.size() + label.size());
  return out.bytes(as_bytes(label_prefix)).bytes(as_bytes(label)).opaque_varint(context).finish();
}

Error mapped(hpke::Error error) {
  return error == hpke::Error::backend ? Error::backend : Error::refused;
}

}  // namespace

Result<Bytes> seal_in_place(const Suite& suite, ByteView key, ByteView nonce, ByteView aad, Bytes plaintext) {
  const auto size = plaintext.size();
  plaintext.resize(size + crypto::aead_tag_size);
  if (!crypto::seal(suite.hpke.aead, key, nonce, aad, ByteView(plaintext).first(size), plaintext)) {
    wipe(plaintext);
    return std::unexpected(Error::backend);
  }
  return plaintext;
}

SecretBytes Kdf::extract(ByteView salt, ByteView ikm) {
  SecretBytes out(suite_->secret_size());
  if (!crypto::hkdf_extract(suite_->hash, salt, ikm, out.fill())) good_ = false;
  return out;
}

SecretBytes Kdf::expand_with_label(ByteView secret, std::string_view label, ByteView context, std::size_t length) {
  SecretBytes out(length);
  std::array<std::uint8_t, short_label> room;
  Bytes longer;
  const auto in_room = put_kdf_label(wire::Writer(ByteSpan(room)), length, label, context);
  if (!in_room && !put_kdf_label(wire::Writer(longer), length, label, context)) good_ = false;
  const auto info = in_room ? ByteView(room).first(*in_room) : ByteView(longer);
  if (length > 0xFFFF || !crypto::hkdf_expand(suite_->hash, secret, info, out.fill())) good_ = false;
  return out;
}

SecretBytes Kdf::derive_secret(ByteView secret, std::string_view label) {
  return expand_with_label(secret, label, {}, suite_->secret_size());
}

SecretBytes Kdf::derive_tree_secret(ByteView secret, std::string_view label, Generation generation,
                                    std::size_t length) {
  std::array<std::uint8_t, sizeof(generation.value)> context;
  wire::Writer(ByteSpan(context)).u32(generation.value);
  return expand_with_label(secret, label, context, length);
}

SecretBytes Kdf::mac(ByteView key, ByteView message) {
  SecretBytes out(suite_->secret_size());
  if (!crypto::hmac(suite_->hash, key, message, out.fill())) good_ = false;
  return out;
}

// EncryptContext; the context may be as long as a group info.
Result<hpke::Info> label_info(const Suite& suite, std::string_view label, ByteView context) {
  const auto start = encode_described([&](auto& coder) {
    put_label(coder, label);
    coder.length(context.size());
  });
  return hpke::Info::prepare(suite.hpke, start, context).transform_error(mapped);
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
  return label_info(suite, label, context).and_then([&](const hpke::Info& info) {
    return hpke::open_base(suite.hpke, pair, ciphertext.kem_output, info, {}, ciphertext.ciphertext)
        .transform_error(mapped);
  });
}

}  // namespace pqc::mls
