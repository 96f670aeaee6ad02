#include "protocol/pqxdh/pqxdh.h"

#include <algorithm>

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "protocol/pqxdh/labels.h"
#include "protocol/pqxdh/transcript.h"

namespace pqc::pqxdh {
namespace {

// F is longer for X448, as X3DH §2.2 has it.
constexpr std::size_t f_size_x25519 = 32;
constexpr std::size_t f_size_x448 = 57;
constexpr std::size_t max_material = f_size_x448 + 4 * crypto::max_dh_size + crypto::kem_secret_size;
constexpr std::size_t signature_key_size = 32;

using SignatureKey = Secret<struct SignatureKeyTag, signature_key_size + crypto::aead_nonce_size>;

Error from_crypto(crypto::Error error) {
  return error == crypto::Error::backend || error == crypto::Error::unavailable ? Error::backend : Error::refused;
}

// IKM of §5, filled from the left: F, then the shared secrets in their order. After a failure it stays failed.
class KeyMaterial {
 public:
  explicit KeyMaterial(crypto::DhAlg alg) : dh_size_(crypto::dh_key_size(alg)) {
    std::ranges::fill(next(alg == crypto::DhAlg::x25519 ? f_size_x25519 : f_size_x448), std::uint8_t{0xff});
  }

  void add_dh(const crypto::DhPrivateKey& ours, ByteView theirs) {
    note(theirs.size() == dh_size_ ? ours.agree(theirs, next(dh_size_)) : std::unexpected(crypto::Error::bad_length));
  }
  void add_decapsulated(const crypto::KemPrivateKey& ours, ByteView ciphertext) {
    note(ours.decapsulate(ciphertext, next(crypto::kem_secret_size).first<crypto::kem_secret_size>()));
  }
  void add_encapsulated(crypto::KemAlg alg, ByteView theirs, Rng& rng, Bytes& ciphertext) {
    const auto key = crypto::KemPublicKey::decode(alg, theirs);
    if (!key) return note(std::unexpected(key.error()));
    Secret<struct EncapsulationRandomnessTag, crypto::kem_randomness_size> randomness;
    rng.fill(randomness.fill());
    ciphertext.resize(crypto::kem_sizes(alg).ciphertext);
    note(key->encapsulate(randomness.view(), ciphertext,
                          next(crypto::kem_secret_size).first<crypto::kem_secret_size>()));
  }

  [[nodiscard]] const crypto::Result<void>& state() const { return state_; }
  [[nodiscard]] ByteView view() const { return bytes_.view().first(used_); }

 private:
  ByteSpan next(std::size_t size) {
    used_ += size;
    return bytes_.fill().subspan(used_ - size, size);
  }
  void note(crypto::Result<void> result) {
    if (state_ && !result) state_ = result;
  }

  Secret<struct KeyMaterialTag, max_material> bytes_;
  std::size_t dh_size_;
  std::size_t used_ = 0;
  crypto::Result<void> state_;
};

struct Derived {
  SessionSecret session;
  SignatureKey signature;
};

crypto::Result<Derived> derive(const KeyMaterial& material, const SessionId& id) {
  constexpr auto sha512 = crypto::HashAlg::sha512;
  if (!material.state()) return std::unexpected(material.state().error());
  Secret<struct PrkTag, 64> prk;
  Derived derived;
  if (auto r = crypto::hkdf_extract(sha512, as_bytes(labels::salt), material.view(), prk.fill()); !r)
    return std::unexpected(r.error());
  if (auto r = crypto::hkdf_expand(sha512, prk.view(), {as_bytes(labels::session_secret), id}, derived.session.fill());
      !r)
    return std::unexpected(r.error());
  if (auto r = crypto::hkdf_expand(sha512, prk.view(), {as_bytes(labels::signature_key), id}, derived.signature.fill());
      !r)
    return std::unexpected(r.error());
  return derived;
}

ByteView key_of(const SignatureKey& secret) {
  return secret.view().first(signature_key_size);
}
ByteView nonce_of(const SignatureKey& secret) {
  return secret.view().subspan(signature_key_size);
}

crypto::Result<Bytes> seal_signature(const SignatureKey& secret, const SessionId& id, ByteView signature) {
  Bytes out(signature.size() + crypto::aead_tag_size);
  return crypto::seal(crypto::AeadAlg::aes_256_gcm, key_of(secret), nonce_of(secret), id, signature, out)
      .transform([&] { return std::move(out); });
}

crypto::Result<Bytes> open_signature(const SignatureKey& secret, const SessionId& id, ByteView sealed) {
  if (sealed.size() < crypto::aead_tag_size) return std::unexpected(crypto::Error::refused);
  Bytes out(sealed.size() - crypto::aead_tag_size);
  return crypto::open(crypto::AeadAlg::aes_256_gcm, key_of(secret), nonce_of(secret), id, sealed, out).transform([&] {
    return std::move(out);
  });
}

InitialPart unsigned_part(const identity::DeviceIdentity& us, const VerifiedBundle& peer) {
  InitialPart part;
  const auto& one_time = peer.bundle().one_time;
  part.suite = us.suite;
  part.sender = us.address;
  part.sender_record = us.record_version;
  part.recipient = peer.device().address;
  part.recipient_record = peer.device().record_version;
  part.prekeys.suite = us.suite;
  part.prekeys.batch = peer.bundle().manifest.batch;
  if (one_time) part.prekeys.one_time = one_time->index;
  return part;
}

// DH1 to DH4 and the encapsulation, initiator's side; fills the part's public values.
KeyMaterial initiator_material(const crypto::Suite& suite, const LocalDevice& us, const crypto::DhPrivateKey& ephemeral,
                               const VerifiedBundle& peer, Rng& rng, InitialPart& part) {
  KeyMaterial material(suite.dh);
  const auto& bundle = peer.bundle();
  material.add_dh(us.dh_key, bundle.manifest.signed_prekey);
  material.add_dh(ephemeral, peer.device().dh_key);
  material.add_dh(ephemeral, bundle.manifest.signed_prekey);
  if (bundle.one_time) material.add_dh(ephemeral, bundle.one_time->dh_key);
  if (suite.kem) material.add_encapsulated(*suite.kem, peer.kem_key(), rng, part.kem_ciphertext);
  part.ephemeral_key = to_bytes(ephemeral.public_key());
  return material;
}

SessionId initiator_session_id(const LocalDevice& us, const VerifiedBundle& peer, const InitialPart& part) {
  const auto& bundle = peer.bundle();
  return session_id({us.identity, part.sender_record, peer.device(), part.recipient_record, bundle.manifest,
                     part.prekeys.one_time, bundle.one_time ? ByteView(bundle.one_time->dh_key) : ByteView(),
                     peer.kem_key(), part.ephemeral_key, part.kem_ciphertext});
}

// Whether the initial part speaks of exactly these two devices and these prekeys.
bool speaks_of(const InitialPart& part, const LocalDevice& us, const ResponderPrekeys& prekeys,
               const identity::DeviceIdentity& initiator) {
  const auto& manifest = prekeys.manifest;
  const identity::DeviceAddress published{manifest.account, manifest.device};
  return part.recipient == us.identity.address && part.sender == initiator.address && part.sender != part.recipient &&
         part.suite == us.identity.suite && part.suite == initiator.suite && part.suite == manifest.suite &&
         published == us.identity.address && part.prekeys.batch == manifest.batch &&
         part.prekeys.one_time.has_value() == (prekeys.one_time != nullptr);
}

KeyMaterial responder_material(const crypto::Suite& suite, const LocalDevice& us, const ResponderPrekeys& prekeys,
                               const identity::DeviceIdentity& initiator, const InitialPart& part) {
  KeyMaterial material(suite.dh);
  material.add_dh(prekeys.signed_prekey, initiator.dh_key);
  material.add_dh(us.dh_key, part.ephemeral_key);
  material.add_dh(prekeys.signed_prekey, part.ephemeral_key);
  if (prekeys.one_time != nullptr) material.add_dh(*prekeys.one_time, part.ephemeral_key);
  if (prekeys.kem != nullptr) material.add_decapsulated(*prekeys.kem, part.kem_ciphertext);
  return material;
}

}  // namespace

Result<Initiated> initiate(const LocalDevice& us, const VerifiedBundle& peer, Rng& rng) {
  const auto* suite = crypto::find_suite(us.identity.suite);
  if (suite == nullptr) return std::unexpected(Error::unsupported);
  if (peer.device().suite != suite->id || peer.device().address == us.identity.address)
    return std::unexpected(Error::mismatch);
  const auto ephemeral = crypto::DhPrivateKey::generate(suite->dh, rng);
  if (!ephemeral) return std::unexpected(from_crypto(ephemeral.error()));

  auto part = unsigned_part(us.identity, peer);
  const auto material = initiator_material(*suite, us, *ephemeral, peer, rng, part);
  const auto id = initiator_session_id(us, peer, part);
  auto derived = derive(material, id);
  if (!derived) return std::unexpected(from_crypto(derived.error()));
  auto sealed = us.signature_key.sign(labels::initiator_signature, id, rng).and_then([&](const Bytes& signature) {
    return seal_signature(derived->signature, id, signature);
  });
  if (!sealed) return std::unexpected(from_crypto(sealed.error()));
  part.sealed_signature = *std::move(sealed);
  return Initiated{std::move(derived->session), id, part.encode()};
}

Result<Unconfirmed> respond(const LocalDevice& us, const ResponderPrekeys& prekeys,
                            const identity::DeviceIdentity& initiator, const InitialPart& part) {
  const auto* suite = crypto::find_suite(part.suite);
  if (suite == nullptr) return std::unexpected(Error::unsupported);
  if (!speaks_of(part, us, prekeys, initiator) || suite->hybrid() != (prekeys.kem != nullptr))
    return std::unexpected(Error::mismatch);
  const auto material = responder_material(*suite, us, prekeys, initiator, part);
  const auto id = session_id({initiator, part.sender_record, us.identity, part.recipient_record, prekeys.manifest,
                              part.prekeys.one_time, prekeys.one_time_key, prekeys.kem_key, part.ephemeral_key,
                              part.kem_ciphertext});
  auto derived = derive(material, id);
  if (!derived) return std::unexpected(from_crypto(derived.error()));
  auto signature = open_signature(derived->signature, id, part.sealed_signature);
  if (!signature) return std::unexpected(from_crypto(signature.error()));
  return Unconfirmed{std::move(derived->session), id, *std::move(signature), part.prekeys, part.sender};
}

Result<Agreed> confirm(Unconfirmed session, const identity::VerifiedDevice& initiator) {
  if (initiator.identity().address != session.initiator || initiator.identity().suite != session.prekeys.suite)
    return std::unexpected(Error::mismatch);
  if (!initiator.signature_key().verify(labels::initiator_signature, session.id, session.signature))
    return std::unexpected(Error::bad_signature);
  return Agreed{std::move(session.secret), session.id, session.prekeys};
}

}  // namespace pqc::pqxdh
