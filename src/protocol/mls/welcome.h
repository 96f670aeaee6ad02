// Welcomes (RFC 9420 §12.4.3.1): what a committer seals for those it added.
#pragma once

#include <optional>
#include <vector>

#include "protocol/mls/key_schedule.h"

namespace pqc::mls {

// The secrets inside are wiped with the object.
struct GroupSecrets {
  SecretBytes joiner_secret;
  std::optional<SecretBytes> path_secret;
  std::vector<PreSharedKeyId> psks;

  void describe(this auto& self, auto& coder) {
    if constexpr (std::remove_reference_t<decltype(coder)>::decoding) {
      self.joiner_secret = SecretBytes(coder.opaque());
      std::uint8_t present = 0;
      coder(present);
      if (present > 1) coder.fail();
      if (present == 1) self.path_secret = SecretBytes(coder.opaque());
    } else {
      coder.opaque(self.joiner_secret.view());
      coder(static_cast<std::uint8_t>(self.path_secret ? 1 : 0));
      if (self.path_secret) coder.opaque(self.path_secret->view());
    }
    coder(self.psks);
  }
};

// Someone who was added: where its welcome goes, and the path secret that it may learn.
struct Newcomer {
  const KeyPackage* package;
  std::optional<SecretBytes> path_secret;
};

Result<Welcome> seal_welcome(const Suite& suite, const GroupInfo& info, const JoinerSecrets& secrets,
                             const std::vector<Newcomer>& newcomers, const std::vector<PreSharedKeyId>& psks, Rng& rng);

// Errors: not_for_us, refused, malformed.
Result<GroupSecrets> open_group_secrets(const Suite& suite, const Welcome& welcome, const KeyPackage& package,
                                        const hpke::KeyPair& init_pair);
// The signature of the group info is the caller's to verify.
Result<GroupInfo> open_group_info(const Suite& suite, const Welcome& welcome, ByteView joiner_secret,
                                  ByteView psk_secret);

}  // namespace pqc::mls
