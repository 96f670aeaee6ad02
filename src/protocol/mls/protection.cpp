#include "protocol/mls/protection.h"

#include <algorithm>

namespace pqc::mls {
namespace {

struct SenderData {
  LeafIndex leaf;
  Generation generation;
  std::array<std::uint8_t, 4> reuse_guard{};
  void describe(this auto& self, auto& coder) { coder(self.leaf, self.generation, self.reuse_guard); }
};

RatchetKind kind_of(ContentType type) {
  return type == ContentType::application ? RatchetKind::application : RatchetKind::handshake;
}

using Nonce = std::array<std::uint8_t, crypto::aead_nonce_size>;
Nonce guarded_nonce(ByteView nonce, const std::array<std::uint8_t, 4>& guard) {
  Nonce out;
  std::ranges::copy(nonce, out.begin());
  for (std::size_t i = 0; i < guard.size(); ++i) out[i] ^= guard[i];
  return out;
}

// AuthenticatedContentTBM.
Result<SecretBytes> membership_tag(const Suite& suite, const FramedContent& content, const FramedContentAuthData& auth,
                                   const GroupContext& context, ByteView key) {
  const auto input = encode_described([&](auto& coder) {
    framed_content_tbs(WireFormat::public_message, content, context)(coder);
    auth.describe(coder, type_of(content.body));
  });
  Kdf kdf(suite);
  auto tag = kdf.mac(key, input);
  if (!kdf.good()) return std::unexpected(Error::backend);
  return tag;
}

// PrivateMessageContent without its padding.
void describe_private_content(const AuthenticatedContent& content, auto& coder) {
  std::visit([&](const auto& body) { coder(body); }, content.content.body);
  content.auth.describe(coder, type_of(content.content.body));
}

// With room for the tag, so that no piece is left behind.
Bytes encode_private_content(const AuthenticatedContent& content, std::size_t padding) {
  auto out =
      encode_described([&](auto& coder) { describe_private_content(content, coder); }, padding + crypto::aead_tag_size);
  out.resize(out.size() + padding);
  return out;
}

Result<void> decode_private_content(ByteView plaintext, AuthenticatedContent& out) {
  Decoder decoder(plaintext);
  std::visit([&](auto& body) { decoder(body); }, out.content.body);
  out.auth.describe(decoder, type_of(out.content.body));
  const auto padding = decoder.rest();
  if (!decoder.finish() || !std::ranges::all_of(padding, [](auto byte) { return byte == 0; })) {
    return std::unexpected(Error::malformed);
  }
  return {};
}

Result<SecretBytes> open(const Suite& suite, const KeyNonce& keys, ByteView nonce, ByteView aad, ByteView ciphertext) {
  if (ciphertext.size() < crypto::aead_tag_size) return std::unexpected(Error::refused);
  SecretBytes out(ciphertext.size() - crypto::aead_tag_size);
  if (!crypto::open(suite.hpke.aead, keys.key.view(), nonce, aad, ciphertext, out.fill())) {
    return std::unexpected(Error::refused);
  }
  return out;
}

Bytes content_aad(const PrivateMessage& message) {
  return encode(message.group_id, message.epoch, message.content_type, message.authenticated_data);
}
Bytes sender_data_aad(const PrivateMessage& message) {
  return encode(message.group_id, message.epoch, message.content_type);
}

}  // namespace

Result<AuthenticatedContent> sign_content(const SignatureKey& signer, WireFormat format, FramedContent content,
                                          const GroupContext& context, Rng& rng) {
  AuthenticatedContent out{format, std::move(content), {}};
  return signer.sign_with_label("FramedContentTBS", framed_content_tbs(format, out.content, context), rng)
      .transform([&](Bytes signature) {
        out.auth.signature = std::move(signature);
        return std::move(out);
      });
}

Result<PublicMessage> protect_public(const Suite& suite, const AuthenticatedContent& content,
                                     const GroupContext& context, ByteView membership_key) {
  if (type_of(content.content.body) == ContentType::application) return std::unexpected(Error::refused);
  PublicMessage out{content.content, content.auth, {}};
  if (out.content.sender.type != SenderType::member) return out;
  return membership_tag(suite, out.content, out.auth, context, membership_key).transform([&](const SecretBytes& tag) {
    out.membership_tag = to_bytes(tag.view());
    return std::move(out);
  });
}

Result<AuthenticatedContent> unprotect_public(const Suite& suite, const PublicMessage& message,
                                              const GroupContext& context, ByteView membership_key) {
  if (type_of(message.content.body) == ContentType::application) return std::unexpected(Error::refused);
  if (message.content.sender.type == SenderType::member) {
    const auto expected = membership_tag(suite, message.content, message.auth, context, membership_key);
    if (!expected) return std::unexpected(expected.error());
    if (!constant_time_equal(expected->view(), message.membership_tag)) return std::unexpected(Error::refused);
  }
  return AuthenticatedContent{WireFormat::public_message, message.content, message.auth};
}

Result<KeyNonce> sender_data_keys(const Suite& suite, ByteView sender_data_secret, ByteView ciphertext) {
  const auto sample = ciphertext.first(std::min(ciphertext.size(), suite.secret_size()));
  Kdf kdf(suite);
  KeyNonce out{kdf.expand_with_label(sender_data_secret, "key", sample, suite.key_size()),
               kdf.expand_with_label(sender_data_secret, "nonce", sample, crypto::aead_nonce_size)};
  if (!kdf.good()) return std::unexpected(Error::backend);
  return out;
}

Result<PrivateMessage> protect_private(const Suite& suite, const AuthenticatedContent& content, SecretTree& tree,
                                       ByteView sender_data_secret, std::size_t padding, Rng& rng) {
  const auto type = type_of(content.content.body);
  const auto leaf = content.content.sender.leaf();
  auto used = tree.look_up_next(leaf, kind_of(type));
  if (!used) return std::unexpected(used.error());
  const SenderData sender{leaf, used->generation, rng.bytes<4>()};
  PrivateMessage out{content.content.group_id, content.content.epoch, type, content.content.authenticated_data, {}, {}};
  auto ciphertext =
      seal_in_place(suite, used->keys.key.view(), guarded_nonce(used->keys.nonce.view(), sender.reuse_guard),
                    content_aad(out), encode_private_content(content, padding));
  if (!ciphertext) return std::unexpected(ciphertext.error());
  out.ciphertext = std::move(*ciphertext);
  const auto keys = sender_data_keys(suite, sender_data_secret, out.ciphertext);
  if (!keys) return std::unexpected(keys.error());
  auto sealed = seal_in_place(suite, keys->key.view(), keys->nonce.view(), sender_data_aad(out),
                              encode_described([&](auto& coder) { coder(sender); }, crypto::aead_tag_size));
  if (!sealed) return std::unexpected(sealed.error());
  out.encrypted_sender_data = std::move(*sealed);
  tree.accept(std::move(*used));
  return out;
}

Result<OpenedPrivate> unprotect_private(const Suite& suite, const PrivateMessage& message, const SecretTree& tree,
                                        ByteView sender_data_secret) {
  const auto keys = sender_data_keys(suite, sender_data_secret, message.ciphertext);
  if (!keys) return std::unexpected(keys.error());
  const auto opened = open(suite, *keys, keys->nonce.view(), sender_data_aad(message), message.encrypted_sender_data);
  if (!opened) return std::unexpected(opened.error());
  const auto sender = decode<SenderData>(opened->view());
  if (!sender) return std::unexpected(Error::malformed);
  auto used = tree.look_up(sender->leaf, kind_of(message.content_type), sender->generation);
  if (!used) return std::unexpected(used.error());
  const auto plaintext = open(suite, used->keys, guarded_nonce(used->keys.nonce.view(), sender->reuse_guard),
                              content_aad(message), message.ciphertext);
  if (!plaintext) return std::unexpected(plaintext.error());
  AuthenticatedContent content{WireFormat::private_message,
                               {message.group_id,
                                message.epoch,
                                {SenderType::member, sender->leaf.value},
                                message.authenticated_data,
                                empty_body(message.content_type)},
                               {}};
  return decode_private_content(plaintext->view(), content).transform([&] {
    return OpenedPrivate{std::move(content), std::move(*used)};
  });
}

}  // namespace pqc::mls
