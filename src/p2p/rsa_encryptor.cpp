// rsa: RSA-OAEP-3072 key transport both ways, then AES-256-GCM with counters (docs/spec/p2p.md §7). For teaching and
// interoperation: not quantum-safe, and nothing proves who the other side is but comparing the fingerprints.
//
//   hello (public key)  <----->  hello (public key)
//   secret for the peer <----->  secret for the peer      AwaitingSecret
//   sealed "confirmed"  <----->  sealed "confirmed"       AwaitingConfirmation, then Done
#include <array>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/rsa_oaep.h"
#include "p2p/labels.h"
#include "p2p/registry.h"

namespace pqc::p2p {
namespace {

using client::Result;
using client::Status;
using crypto::AeadAlg;

constexpr std::string_view confirmation = "confirmed";
constexpr std::size_t secret_size = 32;
constexpr std::size_t key_size = 32;
using Transported = Secret<struct TransportedTag, secret_size>;
using DirectionKeys = Secret<struct DirectionKeysTag, 2 * key_size>;

std::unexpected<client::Error> failed(crypto::Error error) {
  if (error == crypto::Error::backend) return client::fail(ExitCode::unexpected, "the crypto library failed");
  return refused(crypto::to_string(error));
}

// The key of one run of the program.
struct RunKey {
  crypto::RsaPrivateKey key;
  Bytes encoded;
};

std::string fingerprint_of(ByteView key) {
  const auto hex = to_hex(crypto::sha256(key));
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 4) out += (i == 0 ? "" : " ") + hex.substr(i, 4);
  return out;
}

// Seals with a key that only this direction has; the counter is the nonce, and starts at 0.
class Direction {
 public:
  Direction() : aead_(AeadAlg::aes_256_gcm) {}
  crypto::Result<void> set_key(ByteView key) { return aead_.set_key(key); }

  Result<Bytes> seal(ByteView associated_data, ByteView content) {
    Bytes out(content.size() + crypto::aead_tag_size);
    if (auto done = aead_.seal(nonce(), associated_data, content, out); !done) return failed(done.error());
    ++counter_;
    return out;
  }

  // Only the next message of this direction opens; the counter moves when it did.
  Result<SecretBytes> open(ByteView associated_data, ByteView sealed) {
    if (sealed.size() < crypto::aead_tag_size) return refused("too short");
    SecretBytes out(sealed.size() - crypto::aead_tag_size);
    if (auto done = aead_.open(nonce(), associated_data, sealed, out.fill()); !done) return failed(done.error());
    ++counter_;
    return out;
  }

 private:
  [[nodiscard]] std::array<std::uint8_t, crypto::aead_nonce_size> nonce() const {
    std::array<std::uint8_t, crypto::aead_nonce_size> out{};
    for (std::size_t i = 0; i < 8; ++i) out[out.size() - 1 - i] = static_cast<std::uint8_t>(counter_ >> (8 * i));
    return out;
  }

  crypto::Aead aead_;
  std::uint64_t counter_ = 0;
};

class RsaEncryptor final : public Encryptor {
 public:
  RsaEncryptor(Rng& rng, std::shared_ptr<const RunKey> key) : rng_(rng), key_(std::move(key)) {}

  void describe(Hello& ours) const override { ours.key = key_->encoded; }
  Result<Step> begin(const Hellos& hellos) override;
  Result<Step> handshake(ByteView frame) override;
  [[nodiscard]] const Peer& peer() const override { return peer_; }
  Result<Bytes> seal(ByteView content) override { return sending_.seal(associated_data_, content); }
  Result<ByteView> open(ByteView sealed) override {
    auto opened = receiving_.open(associated_data_, sealed);
    if (!opened) return client::pass(opened);
    opened_ = std::move(*opened);
    return opened_.view();
  }

 private:
  enum class State : std::uint8_t { idle, awaiting_secret, awaiting_confirmation, done };

  Result<Step> on_secret(ByteView frame);
  Status derive(ByteView their_secret, ByteView their_ciphertext);

  Rng& rng_;
  std::shared_ptr<const RunKey> key_;
  State state_ = State::idle;
  Role role_{};
  Bytes binding_;
  Bytes initiator_hello_;
  Bytes responder_hello_;
  Bytes label_;
  Transported secret_;
  SecretBytes opened_;
  Bytes ciphertext_;
  Bytes associated_data_;
  Direction sending_;
  Direction receiving_;
  Peer peer_;
};

Result<Encryptor::Step> RsaEncryptor::begin(const Hellos& hellos) {
  // Our own key back is a reflection, and a link to oneself.
  if (hellos.theirs.key == key_->encoded) return refused("our own key");
  const auto theirs = crypto::RsaPublicKey::decode(hellos.theirs.key);
  if (!theirs) return failed(theirs.error());
  role_ = hellos.ours.role;
  binding_ = to_bytes(hellos.binding);
  initiator_hello_ = to_bytes(hellos.initiator());
  responder_hello_ = to_bytes(hellos.responder());
  label_ = to_bytes(as_bytes(labels::oaep));
  append(label_, hash_transcript({binding_, initiator_hello_, responder_hello_}));
  rng_.fill(secret_.fill());
  auto ciphertext = theirs->encrypt(label_, secret_.view());
  if (!ciphertext) return failed(ciphertext.error());
  ciphertext_ = *ciphertext;
  peer_ = {.name = hellos.theirs.name,
           .comparable = "yours  " + fingerprint_of(key_->encoded) + "\ntheirs " + fingerprint_of(hellos.theirs.key),
           .suite = {},
           .level = {},
           .identity = {}};
  state_ = State::awaiting_secret;
  return Step{.frames = {std::move(*ciphertext)}};
}

Result<Encryptor::Step> RsaEncryptor::handshake(ByteView frame) {
  if (state_ == State::awaiting_secret) return on_secret(frame);
  if (state_ != State::awaiting_confirmation) return refused("a handshake message out of order");
  const auto text = open(frame);
  if (!text || as_text(*text) != confirmation) return refused("confirmation");
  state_ = State::done;
  return Step{.frames = {}, .done = true};
}

Result<Encryptor::Step> RsaEncryptor::on_secret(ByteView frame) {
  if (frame.size() != crypto::rsa_ciphertext_size) return refused("length of a secret");
  const auto secret = key_->key.decrypt(label_, frame);
  if (!secret) return failed(secret.error());
  if (secret->size() != secret_size) return refused("length of a secret");
  if (auto derived = derive(secret->view(), frame); !derived) return client::pass(derived);
  auto confirm = seal(as_bytes(confirmation));
  if (!confirm) return client::pass(confirm);
  state_ = State::awaiting_confirmation;
  return Step{.frames = {std::move(*confirm)}};
}

Status RsaEncryptor::derive(ByteView their_secret, ByteView their_ciphertext) {
  const bool first = role_ == Role::initiator;
  const ByteView ours(ciphertext_);
  const auto hash = hash_transcript(
      {binding_, initiator_hello_, responder_hello_, first ? ours : their_ciphertext, first ? their_ciphertext : ours});
  SecretBytes both;
  both.append(first ? ByteView(secret_.view()) : their_secret);
  both.append(first ? their_secret : ByteView(secret_.view()));
  DirectionKeys keys;
  if (auto done =
          crypto::hkdf(crypto::HashAlg::sha512, hash, both.view(), as_bytes(labels::direction_keys), keys.fill());
      !done)
    return failed(done.error());
  const auto from_initiator = keys.view().first<key_size>();
  const auto from_responder = keys.view().last<key_size>();
  auto set = sending_.set_key(first ? from_initiator : from_responder);
  if (set) set = receiving_.set_key(first ? from_responder : from_initiator);
  if (!set) return failed(set.error());
  associated_data_ = to_bytes(as_bytes(labels::message));
  append(associated_data_, hash);
  secret_ = Transported();
  return {};
}

Result<EncryptorFactory> prepare(const Party& party) {
  auto key = crypto::RsaPrivateKey::generate();
  if (!key) return failed(key.error());
  const auto public_key = key->public_key();
  if (!public_key) return failed(public_key.error());
  auto encoded = public_key->encode();
  if (!encoded) return failed(encoded.error());
  auto shared = std::make_shared<const RunKey>(std::move(*key), std::move(*encoded));
  return [&rng = party.rng, shared] { return std::make_unique<RsaEncryptor>(rng, shared); };
}

constexpr EncryptionKind kind{.name = "rsa",
                              .label = "rsa, not quantum-safe",
                              .code = 2,
                              .quantum_safe = false,
                              .consent = "",
                              .prepare = prepare};

}  // namespace

const EncryptionKind& rsa_encryption() {
  return kind;
}

}  // namespace pqc::p2p
