#include "protocol/linking/channel.h"

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "protocol/linking/labels.h"
#include "protocol/linking/limits.h"

namespace pqc::linking {
namespace {

constexpr std::size_t key_size = 32;
constexpr auto aead = crypto::AeadAlg::aes_256_gcm;

std::array<std::uint8_t, crypto::aead_nonce_size> nonce_of(Step step) {
  std::array<std::uint8_t, crypto::aead_nonce_size> nonce{};
  nonce.back() = static_cast<std::uint8_t>(step);
  return nonce;
}

Bytes info_of(const Code& code) {
  auto info = to_bytes(as_bytes(labels::channel));
  append(info, code.fingerprint);
  return info;
}

}  // namespace

hpke::Suite hpke_suite() {
  return {hpke::Kem::x_wing, hpke::Kdf::hkdf_sha512, aead};
}

Result<Channel> Channel::from(const Code& code, const hpke::Context& context) {
  auto exported = context.export_secret(as_bytes(labels::exported), key_size);
  if (!exported) return std::unexpected(Error::backend);
  Channel out;
  out.keys_ = SecretBytes(2 * key_size);
  const auto derived = crypto::hkdf(crypto::HashAlg::sha512, code.secret.view(), exported->view(),
                                    as_bytes(labels::keys), out.keys_.fill());
  if (!derived) return std::unexpected(Error::backend);
  return out;
}

Result<Channel::Opened> Channel::to_guest(const Code& code, ByteView public_key, Rng& rng) {
  if (fingerprint_of(public_key) != code.fingerprint) return std::unexpected(Error::refused);
  auto sender = hpke::setup_base_sender(hpke_suite(), public_key, info_of(code), rng);
  if (!sender) return std::unexpected(Error::refused);
  auto channel = from(code, sender->context);
  if (!channel) return std::unexpected(channel.error());
  return Opened{std::move(sender->output), std::move(*channel)};
}

Result<Channel> Channel::of_guest(const Code& code, const hpke::KeyPair& pair, ByteView encapsulation) {
  const auto context = hpke::setup_base_recipient(hpke_suite(), pair, encapsulation, info_of(code));
  if (!context) return std::unexpected(Error::refused);
  return from(code, *context);
}

ByteView Channel::key(Step step) const {
  const bool from_host = step == Step::invitation || step == Step::record;
  return keys_.view().subspan(from_host ? 0 : key_size, key_size);
}

Result<Bytes> Channel::seal(Step step, ByteView plaintext) const {
  Bytes out(plaintext.size() + crypto::aead_tag_size);
  if (!crypto::seal(aead, key(step), nonce_of(step), ByteView(), plaintext, out))
    return std::unexpected(Error::backend);
  return out;
}

Result<Bytes> Channel::open(Step step, ByteView sealed) const {
  if (sealed.size() < crypto::aead_tag_size || sealed.size() > max_message) return std::unexpected(Error::malformed);
  Bytes out(sealed.size() - crypto::aead_tag_size);
  if (!crypto::open(aead, key(step), nonce_of(step), ByteView(), sealed, out)) return std::unexpected(Error::refused);
  return out;
}

}  // namespace pqc::linking
