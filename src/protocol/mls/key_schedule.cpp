#include "protocol/mls/key_schedule.h"

namespace pqc::mls {
namespace {

EpochSecrets derive_epoch(Kdf& kdf, ByteView epoch_secret) {
  const auto derive = [&](std::string_view label) { return kdf.derive_secret(epoch_secret, label); };
  return {derive("sender data"), derive("encryption"), derive("exporter"),       derive("external"), derive("confirm"),
          derive("membership"),  derive("resumption"), derive("authentication"), derive("init")};
}

NewEpoch from_joiner(const Suite& suite, Kdf& kdf, SecretBytes joiner, ByteView psk, ByteView group_context) {
  const auto member = kdf.extract(joiner.view(), psk);
  const auto epoch_secret = kdf.expand_with_label(member.view(), "epoch", group_context, suite.secret_size());
  return {{std::move(joiner), kdf.derive_secret(member.view(), "welcome")}, derive_epoch(kdf, epoch_secret.view())};
}

template <class T>
Result<T> checked(const Kdf& kdf, T value) {
  if (!kdf.good()) return std::unexpected(Error::backend);
  return value;
}

}  // namespace

Result<NewEpoch> next_epoch(const Suite& suite, ByteView init_secret, ByteView commit_secret, ByteView psk,
                            ByteView group_context) {
  Kdf kdf(suite);
  const auto mixed = kdf.extract(init_secret, commit_secret);
  auto joiner = kdf.expand_with_label(mixed.view(), "joiner", group_context, suite.secret_size());
  auto out = from_joiner(suite, kdf, std::move(joiner), psk, group_context);
  return checked(kdf, std::move(out));
}

Result<NewEpoch> epoch_of_joiner(const Suite& suite, ByteView joiner_secret, ByteView psk, ByteView group_context) {
  Kdf kdf(suite);
  auto out = from_joiner(suite, kdf, SecretBytes(joiner_secret), psk, group_context);
  return checked(kdf, std::move(out));
}

Result<SecretBytes> welcome_secret(const Suite& suite, ByteView joiner_secret, ByteView psk) {
  Kdf kdf(suite);
  auto out = kdf.derive_secret(kdf.extract(joiner_secret, psk).view(), "welcome");
  return checked(kdf, std::move(out));
}

Result<EpochSecrets> first_epoch(const Suite& suite, ByteView epoch_secret) {
  Kdf kdf(suite);
  auto out = derive_epoch(kdf, epoch_secret);
  return checked(kdf, std::move(out));
}

Result<hpke::KeyPair> external_key_pair(const Suite& suite, const EpochSecrets& epoch) {
  return hpke::derive_key_pair(suite.hpke.kem, epoch.external_secret.view()).transform_error([](hpke::Error) {
    return Error::backend;
  });
}

Result<SecretBytes> export_secret(const Suite& suite, const EpochSecrets& epoch, std::string_view label,
                                  ByteView context, std::size_t length) {
  Kdf kdf(suite);
  const auto derived = kdf.derive_secret(epoch.exporter_secret.view(), label);
  auto out = kdf.expand_with_label(derived.view(), "exported", hash_of(suite.hash, {context}).view(), length);
  return checked(kdf, std::move(out));
}

Result<Bytes> confirmation_tag(const Suite& suite, const EpochSecrets& epoch, ByteView confirmed_transcript_hash) {
  Kdf kdf(suite);
  auto out = to_bytes(kdf.mac(epoch.confirmation_key.view(), confirmed_transcript_hash).view());
  return checked(kdf, std::move(out));
}

Result<SecretBytes> psk_secret(const Suite& suite, std::span<const Psk> psks) {
  Kdf kdf(suite);
  auto secret = kdf.zero();
  const auto zero = kdf.zero();
  const auto count = static_cast<std::uint16_t>(psks.size());
  for (std::uint16_t index = 0; index < count; ++index) {
    const auto extracted = kdf.extract(zero.view(), psks[index].secret.view());
    const auto input = kdf.expand_with_label(extracted.view(), "derived psk", encode(psks[index].id, index, count),
                                             suite.secret_size());
    secret = kdf.extract(input.view(), secret.view());
  }
  return checked(kdf, std::move(secret));
}

}  // namespace pqc::mls
