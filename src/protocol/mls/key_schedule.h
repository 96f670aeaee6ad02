// The key schedule of an epoch (RFC 9420 §8), exporters (§8.5) and pre-shared keys (§8.4). Pure functions.
#pragma once

#include <span>
#include <string_view>

#include "protocol/mls/kdf.h"
#include "protocol/mls_public/messages.h"

namespace pqc::mls {

// What an epoch keeps. encryption_secret goes into the secret tree and is not kept here once that exists.
struct EpochSecrets {
  SecretBytes sender_data_secret;
  SecretBytes encryption_secret;
  SecretBytes exporter_secret;
  SecretBytes external_secret;
  SecretBytes confirmation_key;
  SecretBytes membership_key;
  SecretBytes resumption_psk;
  SecretBytes epoch_authenticator;
  SecretBytes init_secret;
};

// What only the committer and those it welcomes see.
struct JoinerSecrets {
  SecretBytes joiner_secret;
  SecretBytes welcome_secret;
};

struct NewEpoch {
  JoinerSecrets joiner;
  EpochSecrets epoch;
};

// A whole step. `group_context` is the encoded context of the new epoch.
Result<NewEpoch> next_epoch(const Suite& suite, ByteView init_secret, ByteView commit_secret, ByteView psk_secret,
                            ByteView group_context);
// The lower half, for one who was welcomed.
Result<NewEpoch> epoch_of_joiner(const Suite& suite, ByteView joiner_secret, ByteView psk_secret,
                                 ByteView group_context);
// The same for what opens a welcome, before the group context is known.
Result<SecretBytes> welcome_secret(const Suite& suite, ByteView joiner_secret, ByteView psk_secret);
// RFC 9420 §11: the first epoch of a creator, from a random epoch secret.
Result<EpochSecrets> first_epoch(const Suite& suite, ByteView epoch_secret);

Result<hpke::KeyPair> external_key_pair(const Suite& suite, const EpochSecrets& epoch);
Result<SecretBytes> export_secret(const Suite& suite, const EpochSecrets& epoch, std::string_view label,
                                  ByteView context, std::size_t length);
Result<Bytes> confirmation_tag(const Suite& suite, const EpochSecrets& epoch, ByteView confirmed_transcript_hash);

struct Psk {
  PreSharedKeyId id;
  SecretBytes secret;
};
// RFC 9420 §8.4; zeros without any.
Result<SecretBytes> psk_secret(const Suite& suite, std::span<const Psk> psks);

}  // namespace pqc::mls
