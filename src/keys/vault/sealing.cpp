#include "keys/vault/sealing.h"

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "keys/vault/labels.h"
#include "keys/vault/limits.h"

namespace pqc::keys::vault {
namespace {

constexpr auto cipher = crypto::AeadAlg::aes_256_gcm;

// key ‖ nonce of one seal.
using SealKey = Secret<struct SealKeyTag, key_size + crypto::aead_nonce_size>;

ByteView key_of(const SealKey& k) {
  return k.view().first(key_size);
}
ByteView nonce_of(const SealKey& k) {
  return k.view().subspan(key_size);
}

Result<SealKey> derive(const Salt& salt, ByteView input, std::initializer_list<ByteView> info) {
  Secret<struct PrkTag, 64> prk;
  SealKey out;
  if (!crypto::hkdf_extract(crypto::HashAlg::sha512, salt, input, prk.fill()) ||
      !crypto::hkdf_expand(crypto::HashAlg::sha512, prk.view(), info, out.fill()))
    return std::unexpected(Error::backend);
  return out;
}

bool acceptable(Way way, ByteView secret) {
  if (way == Way::passphrase) return !secret.empty() && secret.size() <= max_passphrase_size;
  return secret.size() == WaySecret::size;
}

Result<SealKey> slot_key(const Slot& slot, ByteView secret) {
  const auto way = static_cast<std::uint8_t>(slot.way);
  const auto info = {as_bytes(labels::slot), ByteView(&way, 1)};
  if (slot.way != Way::passphrase) return derive(slot.salt, secret, info);
  WaySecret stretched;
  if (!crypto::argon2id(secret, slot.salt, slot.argon2, stretched.fill())) return std::unexpected(Error::backend);
  return derive(slot.salt, stretched.view(), info);
}

}  // namespace

Result<Slot> wrap_key(const VaultId& id, Way way, ByteView secret, const crypto::Argon2Parameters& argon2,
                      const VaultKey& key, Rng& rng) {
  if (!acceptable(way, secret)) return std::unexpected(Error::bad_secret);
  Slot slot;
  slot.way = way;
  slot.argon2 = argon2;
  rng.fill(slot.salt);
  const auto seal_key = slot_key(slot, secret);
  if (!seal_key) return std::unexpected(seal_key.error());
  const auto sealed =
      crypto::seal(cipher, key_of(*seal_key), nonce_of(*seal_key), slot_context(id, slot), key.view(), slot.wrapped);
  if (!sealed) return std::unexpected(Error::backend);
  return slot;
}

Result<VaultKey> unwrap_key(const VaultId& id, const Slot& slot, ByteView secret) {
  if (!acceptable(slot.way, secret)) return std::unexpected(Error::bad_secret);
  const auto seal_key = slot_key(slot, secret);
  if (!seal_key) return std::unexpected(seal_key.error());
  VaultKey key;
  const auto opened =
      crypto::open(cipher, key_of(*seal_key), nonce_of(*seal_key), slot_context(id, slot), slot.wrapped, key.fill());
  if (opened) return key;
  return std::unexpected(opened.error() == crypto::Error::refused ? Error::wrong_secret : Error::backend);
}

Result<Bytes> seal_file(Header& header, const VaultKey& key, const Content& content, Rng& rng) {
  const auto plaintext = encode_content(content);
  if (!plaintext) return std::unexpected(plaintext.error());
  rng.fill(header.salt);
  auto file = encode_head(header);
  const auto head_size = file.size();
  const auto size = head_size + plaintext->size() + crypto::aead_tag_size;
  if (size > max_vault_file_size) return std::unexpected(Error::limit);
  const auto seal_key = derive(header.salt, key.view(), {as_bytes(labels::body)});
  if (!seal_key) return std::unexpected(seal_key.error());
  file.resize(size);
  const ByteSpan all(file);
  if (!crypto::seal(cipher, key_of(*seal_key), nonce_of(*seal_key), all.first(head_size), plaintext->view(),
                    all.subspan(head_size)))
    return std::unexpected(Error::backend);
  return file;
}

Result<Content> open_content(const ParsedFile& file, const VaultKey& key) {
  const auto seal_key = derive(file.header.salt, key.view(), {as_bytes(labels::body)});
  if (!seal_key) return std::unexpected(seal_key.error());
  SecretBytes plaintext(file.sealed.size() - crypto::aead_tag_size);
  const auto opened =
      crypto::open(cipher, key_of(*seal_key), nonce_of(*seal_key), file.head, file.sealed, plaintext.fill());
  if (opened) return decode_content(plaintext.view());
  return std::unexpected(opened.error() == crypto::Error::refused ? Error::damaged : Error::backend);
}

}  // namespace pqc::keys::vault
