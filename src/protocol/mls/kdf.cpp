#include "protocol/mls/kdf.h"

#include <algorithm>
#include <array>

#include "crypto/kdf.h"
#include "protocol/mls/expand.h"
#include "protocol/mls_public/signature.h"

namespace pqc::mls {
namespace {

// What a length of one byte can say (RFC 9420 §2.1.2).
constexpr std::size_t short_size = 63;
using ShortLabel = std::array<std::uint8_t, 2 + 1 + short_size + 1 + short_size>;

// KDFLabel of a short label and context, as all are but the group context: derivations are many, and this costs little
// beside them.
ByteView short_kdf_label(ShortLabel& room, std::size_t length, std::string_view label, ByteView context) {
  auto at = room.begin();
  *at++ = static_cast<std::uint8_t>(length >> 8);
  *at++ = static_cast<std::uint8_t>(length);
  *at++ = static_cast<std::uint8_t>(label_prefix.size() + label.size());
  at = std::ranges::copy(label_prefix, at).out;
  at = std::ranges::copy(label, at).out;
  *at++ = static_cast<std::uint8_t>(context.size());
  at = std::ranges::copy(context, at).out;
  return {room.begin(), at};
}

Bytes kdf_label(std::size_t length, std::string_view label, ByteView context) {
  return encode_described([&](auto& coder) {
    coder(static_cast<std::uint16_t>(length));
    put_label(coder, label);
    coder.opaque(context);
  });
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

bool expand_with_label(const Suite& suite, ByteView secret, std::string_view label, ByteView context, ByteSpan out) {
  ShortLabel room;
  Bytes longer;
  const bool is_short = label_prefix.size() + label.size() <= short_size && context.size() <= short_size;
  if (!is_short) longer = kdf_label(out.size(), label, context);
  const auto info = is_short ? short_kdf_label(room, out.size(), label, context) : ByteView(longer);
  return out.size() <= 0xFFFF && crypto::hkdf_expand(suite.hash, secret, info, out).has_value();
}

SecretBytes Kdf::expand_with_label(ByteView secret, std::string_view label, ByteView context, std::size_t length) {
  SecretBytes out(length);
  if (!mls::expand_with_label(*suite_, secret, label, context, out.fill())) good_ = false;
  return out;
}

SecretBytes Kdf::derive_secret(ByteView secret, std::string_view label) {
  return expand_with_label(secret, label, {}, suite_->secret_size());
}

SecretBytes Kdf::derive_tree_secret(ByteView secret, std::string_view label, Generation generation,
                                    std::size_t length) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(generation.value >> shift); };
  const std::array context{byte(24), byte(16), byte(8), byte(0)};
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
