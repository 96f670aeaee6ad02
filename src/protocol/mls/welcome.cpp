#include "protocol/mls/welcome.h"

#include <algorithm>

namespace pqc::mls {
namespace {

struct WelcomeKeys {
  SecretBytes key;
  SecretBytes nonce;
};

Result<WelcomeKeys> welcome_keys(const Suite& suite, ByteView secret) {
  Kdf kdf(suite);
  WelcomeKeys out{kdf.expand_with_label(secret, "key", {}, suite.key_size()),
                  kdf.expand_with_label(secret, "nonce", {}, crypto::aead_nonce_size)};
  if (!kdf.good()) return std::unexpected(Error::backend);
  return out;
}

Result<EncryptedGroupSecrets> seal_for(const Suite& suite, const Newcomer& newcomer, const JoinerSecrets& secrets,
                                       const std::vector<PreSharedKeyId>& psks, const hpke::Info& info, Rng& rng) {
  GroupSecrets group_secrets{secrets.joiner_secret.clone(), std::nullopt, psks};
  if (newcomer.path_secret) group_secrets.path_secret = newcomer.path_secret->clone();
  auto plaintext = encode(group_secrets);  // as long as it is from the start, so that no piece is left behind
  auto sealed = encrypt_with_label(suite, newcomer.package->init_key, info, plaintext, rng);
  wipe(plaintext);
  return sealed.transform([&](HpkeCiphertext ciphertext) {
    return EncryptedGroupSecrets{key_package_ref(suite, *newcomer.package), std::move(ciphertext)};
  });
}

}  // namespace

Result<Welcome> seal_welcome(const Suite& suite, const GroupInfo& info, const JoinerSecrets& secrets,
                             const std::vector<Newcomer>& newcomers, const std::vector<PreSharedKeyId>& psks,
                             Rng& rng) {
  const auto keys = welcome_keys(suite, secrets.welcome_secret.view());
  if (!keys) return std::unexpected(keys.error());
  auto sealed_info = seal_in_place(suite, keys->key.view(), keys->nonce.view(), {},
                                   encode_described([&](auto& coder) { coder(info); }, crypto::aead_tag_size));
  if (!sealed_info) return std::unexpected(sealed_info.error());
  Welcome out{suite.number, {}, std::move(*sealed_info)};
  const auto hpke_info = label_info(suite, "Welcome", out.encrypted_group_info);
  if (!hpke_info) return std::unexpected(hpke_info.error());
  for (const auto& newcomer : newcomers) {
    auto sealed = seal_for(suite, newcomer, secrets, psks, *hpke_info, rng);
    if (!sealed) return std::unexpected(sealed.error());
    out.secrets.push_back(std::move(*sealed));
  }
  return out;
}

Result<GroupSecrets> open_group_secrets(const Suite& suite, const Welcome& welcome, const KeyPackage& package,
                                        const hpke::KeyPair& init_pair) {
  if (welcome.cipher_suite != suite.number || package.cipher_suite != suite.number) {
    return std::unexpected(Error::unknown_suite);
  }
  const auto ours =
      std::ranges::find(welcome.secrets, key_package_ref(suite, package), &EncryptedGroupSecrets::new_member);
  if (ours == welcome.secrets.end()) return std::unexpected(Error::not_for_us);
  return decrypt_with_label(suite, init_pair, "Welcome", welcome.encrypted_group_info, ours->encrypted_group_secrets)
      .and_then([](const SecretBytes& plaintext) { return decode<GroupSecrets>(plaintext.view()); });
}

Result<GroupInfo> open_group_info(const Suite& suite, const Welcome& welcome, ByteView joiner_secret, ByteView psk) {
  const auto secret = welcome_secret(suite, joiner_secret, psk);
  if (!secret) return std::unexpected(secret.error());
  const auto keys = welcome_keys(suite, secret->view());
  if (!keys) return std::unexpected(keys.error());
  const auto& sealed = welcome.encrypted_group_info;
  if (sealed.size() < crypto::aead_tag_size) return std::unexpected(Error::malformed);
  Bytes plaintext(sealed.size() - crypto::aead_tag_size);
  if (!crypto::open(suite.hpke.aead, keys->key.view(), keys->nonce.view(), {}, sealed, plaintext)) {
    return std::unexpected(Error::refused);
  }
  return decode<GroupInfo>(plaintext);
}

}  // namespace pqc::mls
