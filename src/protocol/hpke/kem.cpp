#include "protocol/hpke/kem.h"

#include <array>

#include "protocol/hpke/dh_group.h"
#include "protocol/hpke/ml_kem.h"
#include "protocol/hpke/x_wing.h"

namespace pqc::hpke {
namespace {

constexpr int max_candidates = 256;  // RFC 9180 §7.1.3

using SuiteId = std::array<std::uint8_t, 5>;
SuiteId suite_id(Kem kem) {
  const auto id = parameters(kem).id;
  return {'K', 'E', 'M', static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
}

// RFC 9180 §7.1.3: X25519 and X448 take the bytes, the NIST curves the first candidate that is a scalar.
Result<KeyPair> derive_dh(Kem kem, const DhGroup& group, ByteView ikm) {
  const auto id = suite_id(kem);
  const auto prk = labeled_extract(group.kdf, id, {}, "dkp_prk", ikm);
  if (!prk) return std::unexpected(prk.error());
  SecretBytes bytes(parameters(kem).private_key);
  if (std::holds_alternative<crypto::DhAlg>(group.alg)) {
    return labeled_expand(group.kdf, id, prk->view(), "sk", {}, bytes.fill()).and_then([&] {
      return dh_pair(group, bytes.view());
    });
  }
  for (int i = 0; i < max_candidates; ++i) {
    const auto counter = static_cast<std::uint8_t>(i);
    if (auto done = labeled_expand(group.kdf, id, prk->view(), "candidate", {&counter, 1}, bytes.fill()); !done) {
      return std::unexpected(done.error());
    }
    bytes.fill()[0] &= group.scalar_mask;
    if (auto pair = dh_pair(group, bytes.view())) return pair;
  }
  return std::unexpected(Error::bad_key);
}

Result<KeyPair> derive_labeled(Kem kem, ByteView ikm) {
  SecretBytes bytes(parameters(kem).private_key);
  return labeled_derive(Kdf::shake256, suite_id(kem), ikm, "DeriveKeyPair", {}, bytes.fill()).and_then([&] {
    return key_pair_of(kem, bytes.view());
  });
}

// RFC 9180 §4.1, ExtractAndExpand.
Result<SecretBytes> extract_and_expand(Kem kem, const DhGroup& group, ByteView dh, ByteView kem_context) {
  const auto id = suite_id(kem);
  const auto prk = labeled_extract(group.kdf, id, {}, "eae_prk", dh);
  if (!prk) return std::unexpected(prk.error());
  SecretBytes secret(parameters(kem).secret);
  return labeled_expand(group.kdf, id, prk->view(), "shared_secret", kem_context, secret.fill()).transform([&] {
    return std::move(secret);
  });
}

// Encap, or AuthEncap with a sender.
Result<Encapsulated> encapsulate_dh(Kem kem, const DhGroup& group, ByteView public_key, const KeyPair* sender,
                                    Rng& rng) {
  auto ephemeral = generate_key_pair(kem, rng);
  if (!ephemeral) return std::unexpected(ephemeral.error());
  SecretBytes dh;
  if (auto done = dh_agree(group, *ephemeral, public_key, dh); !done) return std::unexpected(done.error());
  Bytes kem_context = ephemeral->public_key;
  append(kem_context, public_key);
  if (sender != nullptr) {
    if (auto done = dh_agree(group, *sender, public_key, dh); !done) return std::unexpected(done.error());
    append(kem_context, sender->public_key);
  }
  return extract_and_expand(kem, group, dh.view(), kem_context).transform([&](SecretBytes secret) {
    return Encapsulated{std::move(ephemeral->public_key), std::move(secret)};
  });
}

Result<SecretBytes> decapsulate_dh(Kem kem, const DhGroup& group, const KeyPair& pair, ByteView output,
                                   ByteView sender_public) {
  if (output.size() != parameters(kem).output) return std::unexpected(Error::bad_key);
  SecretBytes dh;
  if (auto done = dh_agree(group, pair, output, dh); !done) return std::unexpected(done.error());
  Bytes kem_context = to_bytes(output);
  append(kem_context, pair.public_key);
  if (!sender_public.empty()) {
    if (auto done = dh_agree(group, pair, sender_public, dh); !done) return std::unexpected(done.error());
    append(kem_context, sender_public);
  }
  return extract_and_expand(kem, group, dh.view(), kem_context);
}

}  // namespace

Result<KeyPair> key_pair_of(Kem kem, ByteView private_key) {
  if (private_key.size() != parameters(kem).private_key) return std::unexpected(Error::bad_key);
  if (const auto* group = dh_group(kem)) return dh_pair(*group, private_key);
  if (is_ml_kem(kem)) return ml_kem_pair(kem, private_key);
  return x_wing_pair(private_key);
}

Result<KeyPair> generate_key_pair(Kem kem, Rng& rng) {
  SecretBytes random(parameters(kem).private_key);
  rng.fill(random.fill());
  const auto* group = dh_group(kem);
  // Random bytes are a scalar of a NIST curve only after rejection, which derive_key_pair has.
  const bool needs_candidates = group != nullptr && std::holds_alternative<crypto::Curve>(group->alg);
  return needs_candidates ? derive_key_pair(kem, random.view()) : key_pair_of(kem, random.view());
}

Result<KeyPair> derive_key_pair(Kem kem, ByteView ikm) {
  if (const auto* group = dh_group(kem)) return derive_dh(kem, *group, ikm);
  if (kem != Kem::x_wing) return derive_labeled(kem, ikm);
  return expand_x_wing_seed(ikm).and_then([](const SecretBytes& seed) { return x_wing_pair(seed.view()); });
}

Result<Encapsulated> encapsulate(Kem kem, ByteView public_key, Rng& rng) {
  if (public_key.size() != parameters(kem).public_key) return std::unexpected(Error::bad_key);
  if (const auto* group = dh_group(kem)) return encapsulate_dh(kem, *group, public_key, nullptr, rng);
  return is_ml_kem(kem) ? ml_kem_encapsulate(kem, public_key, rng) : x_wing_encapsulate(public_key, rng);
}

Result<SecretBytes> decapsulate(Kem kem, const KeyPair& pair, ByteView output) {
  if (output.size() != parameters(kem).output) return std::unexpected(Error::bad_key);
  if (const auto* group = dh_group(kem)) return decapsulate_dh(kem, *group, pair, output, {});
  return is_ml_kem(kem) ? ml_kem_decapsulate(kem, pair.private_key.view(), output) : x_wing_decapsulate(pair, output);
}

Result<Encapsulated> encapsulate_authenticated(Kem kem, ByteView public_key, const KeyPair& sender, Rng& rng) {
  const auto* group = dh_group(kem);
  if (group == nullptr) return std::unexpected(Error::unavailable);
  return encapsulate_dh(kem, *group, public_key, &sender, rng);
}

Result<SecretBytes> decapsulate_authenticated(Kem kem, const KeyPair& pair, ByteView output, ByteView sender_public) {
  const auto* group = dh_group(kem);
  if (group == nullptr) return std::unexpected(Error::unavailable);
  if (sender_public.size() != parameters(kem).public_key) return std::unexpected(Error::bad_key);
  return decapsulate_dh(kem, *group, pair, output, sender_public);
}

}  // namespace pqc::hpke
