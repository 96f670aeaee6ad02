// All that a member knows of its group. Internal to this folder; the face is group.h.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "protocol/mls/group.h"
#include "protocol/mls/key_schedule.h"
#include "protocol/mls/secret_tree.h"
#include "protocol/mls/tree_kem.h"
#include "protocol/mls_public/leaf_validation.h"

namespace pqc::mls {

// A proposal that was verified and waits for a commit.
struct PendingProposal {
  ProposalRef ref;
  Sender sender;
  Proposal proposal;
};

struct PastEpoch {
  Epoch epoch;
  SecretBytes resumption_psk;
};

enum class Standing : std::uint8_t {
  member = 0,
  removed = 1,        // by the last commit; nothing can be sent or opened any more
  reinitialised = 2,  // the last commit closed the group (RFC 9420 §11.2)
};

constexpr bool known(Standing standing) {
  return standing <= Standing::reinitialised;
}

struct GroupState {
  const Suite* suite = nullptr;
  Standing standing = Standing::member;
  GroupContext context;
  RatchetTree tree{crypto::HashAlg::sha256};
  LeafIndex self;
  TreeKeys keys;
  std::shared_ptr<const SignatureKey> signer;
  EpochSecrets epoch;
  SecretTree secrets;
  Bytes interim_transcript_hash;
  Bytes confirmation_tag;
  std::vector<PendingProposal> pending;
  std::vector<hpke::KeyPair> own_updates;  // the leaf keys of our own Update proposals of this epoch
  std::vector<PastEpoch> past;             // oldest first
  std::optional<ReInit> reinit;
};

SecretBytes encode_state(const GroupState& state);
Result<GroupState> parse_state(ByteView encoded);

// The secret of a pre-shared key: an external one of the store, or a resumption secret of this group or the store.
Result<SecretBytes> find_psk(const GroupState& state, const PskStore& store, const PreSharedKeyId& id);
Result<std::vector<Psk>> find_psks(const GroupState& state, const PskStore& store,
                                   const std::vector<PreSharedKeyId>& ids);

inline LeafRules rules_of(const GroupState& state, const Environment& environment) {
  return {state.suite, &environment.credentials, environment.now};
}

}  // namespace pqc::mls
