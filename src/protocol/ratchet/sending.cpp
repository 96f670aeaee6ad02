#include "protocol/ratchet/sending.h"

#include <utility>

#include "crypto/aead.h"

namespace pqc::ratchet {
namespace {

using crypto::AeadAlg;
using KemRandomness = Secret<struct KemRandomnessTag, crypto::kem_randomness_size>;

constexpr std::array<std::uint8_t, nonce_size> zero_nonce{};  // §4: body keys are used once

// What a step changes, beside the new chain.
struct SendStep {
  Sending sending;
  RootKey root;
  HeaderKey after_next_header;
};

// A fresh DH key, its public half at the start of `part`.
Result<void> make_dh(const State& state, Rng& rng, Sending& sending) {
  const auto secret = ByteSpan(sending.keys.dh_private.fill()).first(state.layout.dh);
  rng.fill(secret);
  auto key = crypto::DhPrivateKey::from_bytes(state.suite->dh, secret);
  if (!key) return std::unexpected(Error::backend);
  std::ranges::copy(key->public_key(), sending.part.begin());
  sending.keys.dh = std::move(*key);
  return {};
}

// A fresh ML-KEM key, its public half at the end of `part`.
Result<void> make_kem(const State& state, std::uint64_t turn, Rng& rng, Sending& sending) {
  if (!state.suite->kem) return {};
  rng.fill(sending.keys.kem_seed.fill());
  auto key = crypto::KemPrivateKey::from_seed(*state.suite->kem, sending.keys.kem_seed.view());
  if (!key) return std::unexpected(Error::backend);
  const auto part = ByteSpan(sending.part).first(state.layout.part(turn));
  if (!key->encode_public(part.last(state.layout.kem_public))) return std::unexpected(Error::backend);
  sending.keys.kem = std::move(*key);
  return {};
}

// Encapsulates to the peer's last key; the ciphertext goes behind the DH key in `part`.
Result<void> encapsulate(const State& state, const Due& peer, Rng& rng, Sending& sending, crypto::KemSecret& secret) {
  if (!state.suite->kem) return {};
  std::optional<crypto::KemPublicKey> decoded;
  if (!peer.kem) {
    auto key = crypto::KemPublicKey::decode(*state.suite->kem, peer.kem_public);
    if (!key) return std::unexpected(Error::unusable);
    decoded = std::move(*key);
  }
  KemRandomness randomness;
  rng.fill(randomness.fill());
  const auto ciphertext = ByteSpan(sending.part).subspan(state.layout.dh, state.layout.kem_ciphertext);
  const auto& key = decoded ? *decoded : *peer.kem;
  if (!key.encapsulate(randomness.view(), ciphertext, secret.fill())) return std::unexpected(Error::backend);
  return {};
}

Result<void> agree(const State& state, const Due& peer, const Sending& sending, ByteSpan secret) {
  const auto agreed = sending.keys.dh->agree(ByteView(peer.dh_public).first(state.layout.dh), secret);
  if (agreed) return {};
  return std::unexpected(agreed.error() == crypto::Error::backend ? Error::backend : Error::unusable);
}

// §3.2, the sender's side, into `step`.
Result<void> begin_turn(const State& state, const Due& peer, Rng& rng, SendStep& step) {
  if (state.turn >= last_turn) return std::unexpected(Error::exhausted);
  const auto turn = state.turn + 1;
  DhSecret dh;
  crypto::KemSecret kem;
  const auto dh_secret = ByteSpan(dh.fill()).first(state.layout.dh);
  const auto kem_secret = state.suite->kem ? ByteView(kem.view()) : ByteView();
  auto done = make_dh(state, rng, step.sending);
  if (done) done = agree(state, peer, step.sending, dh_secret);
  if (done) done = encapsulate(state, peer, rng, step.sending, kem);
  if (done) done = make_kem(state, turn, rng, step.sending);
  if (!done) return done;
  const auto part = ByteView(step.sending.part).first(state.layout.part(turn));
  auto keys = derive_step(*state.suite, turn, state.root, dh_secret, kem_secret, part);
  if (!keys) return std::unexpected(keys.error());
  step.sending.header = state.next_header.clone();
  step.sending.chain = std::move(keys->chain);
  step.root = std::move(keys->root);
  step.after_next_header = std::move(keys->after_next_header);
  return {};
}

void commit(State& state, SendStep&& step) noexcept {
  ++state.turn;
  state.root = std::move(step.root);
  state.next_header = std::move(state.after_next_header);
  state.after_next_header = std::move(step.after_next_header);
  state.phase = std::move(step.sending);
}

struct Outgoing {
  std::uint64_t turn;
  ByteView text;
  ByteView associated_data;
  Header header;
};

// §4: salt ‖ header_nonce ‖ sealed_header into `prefix`. The header is written in place and sealed there.
Result<void> seal_prefix(const Layout& layout, const Sending& sending, const Outgoing& outgoing, Rng& rng,
                         ByteSpan prefix) {
  rng.fill(prefix.first(salt_size + nonce_size));
  const auto nonce = prefix.subspan(salt_size, nonce_size);
  const auto sealed = prefix.subspan(salt_size + nonce_size);
  const auto header = sealed.first(layout.header(outgoing.turn));
  const auto part = ByteView(sending.part).first(layout.part(outgoing.turn));
  if (auto encoded = encode_header(outgoing.header, part, header); !encoded) return encoded;
  const auto done =
      crypto::seal(AeadAlg::aes_256_gcm, sending.header.view(), nonce, outgoing.associated_data, header, sealed);
  if (!done) return std::unexpected(Error::backend);
  return {};
}

// §4: the text under both layers into `body`, text + 32 bytes.
Result<void> seal_body(const BodyKeys& keys, const Outgoing& outgoing, ByteView prefix, ByteSpan body) {
  const auto inner = body.first(outgoing.text.size() + tag_size);
  if (!crypto::seal(AeadAlg::chacha20_poly1305, keys.inner.view(), zero_nonce, {prefix, outgoing.associated_data},
                    outgoing.text, inner)) {
    return std::unexpected(Error::backend);
  }
  if (!crypto::seal(AeadAlg::aes_256_gcm, keys.outer.view(), zero_nonce, {prefix, outgoing.associated_data}, inner,
                    body)) {
    return std::unexpected(Error::backend);
  }
  return {};
}

Result<AckTag> seal_all(const Layout& layout, const Sending& sending, const MessageKey& key, const Outgoing& outgoing,
                        Rng& rng, ByteSpan out) {
  const auto prefix = out.first(layout.prefix(outgoing.turn));
  if (auto done = seal_prefix(layout, sending, outgoing, rng, prefix); !done) return std::unexpected(done.error());
  const auto keys = derive_body(key, prefix.first(salt_size));
  if (!keys) return std::unexpected(keys.error());
  if (auto done = seal_body(*keys, outgoing, prefix, out.subspan(prefix.size())); !done) {
    return std::unexpected(done.error());
  }
  return keys->ack;
}

}  // namespace

Result<void> begin_first_turn(const State& state, StartKeys& start, Rng& rng, Sending& sending) {
  if (auto done = make_dh(state, rng, sending); !done) return done;
  if (auto done = make_kem(state, 0, rng, sending); !done) return done;
  sending.header = std::move(start.header[0]);
  sending.chain = std::move(start.chain);
  return {};
}

Result<Sent> seal_message(State& state, ByteView text, ByteView associated_data, RecordVersions records, Rng& rng,
                          ByteSpan out) {
  std::optional<SendStep> step;
  if (const auto* peer = std::get_if<Due>(&state.phase)) {
    if (auto done = begin_turn(state, *peer, rng, step.emplace()); !done) return std::unexpected(done.error());
  }
  auto& sending = step ? step->sending : std::get<Sending>(state.phase);
  if (sending.next_number == max_chain_length) return std::unexpected(Error::exhausted);
  auto chain = sending.chain.clone();
  const auto key = advance(chain);
  if (!key) return std::unexpected(key.error());
  const auto turn = step ? state.turn + 1 : state.turn;
  const Outgoing outgoing{turn, text, associated_data, {sending.next_number, state.previous_length, records}};
  const auto size = state.layout.message(turn, text.size());
  const auto ack = seal_all(state.layout, sending, *key, outgoing, rng, out.first(size));
  if (!ack) return std::unexpected(ack.error());
  sending.chain = std::move(chain);
  ++sending.next_number;
  if (step) commit(state, std::move(*step));
  return Sent{size, *ack};
}

}  // namespace pqc::ratchet
