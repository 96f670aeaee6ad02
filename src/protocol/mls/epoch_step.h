// From one epoch to the next: what creating and processing a commit have in common (RFC 9420 §12.4). Internal to this
// folder.
#pragma once

#include "protocol/mls/proposal_list.h"

namespace pqc::mls {

inline constexpr std::string_view external_init_label = "MLS 1.0 external init secret";

// The state of the next epoch without its secrets: tree, extensions and keys after the list was applied.
Result<GroupState> start_next(const GroupState& state, Applied& applied);

// The context that path secrets are encrypted with: of the new epoch, with the old transcript hash.
Bytes provisional_context(const GroupState& next, ByteView tree_hash);

struct StepSecrets {
  ByteView init_secret;
  ByteView commit_secret;
  ByteView psk_secret;
};
// Takes the signed content of the commit into the transcript, runs the key schedule, and fills `next`.
Result<JoinerSecrets> enter_epoch(GroupState& next, const GroupState& state, const AuthenticatedContent& content,
                                  const StepSecrets& secrets);

// A group info of this epoch, signed.
Result<GroupInfo> make_group_info(const GroupState& state, bool with_tree, bool with_external_pub, Rng& rng);

// commit_create.cpp
struct CommitInput {
  std::vector<ProposalOrRef> proposals;
  SenderType sender = SenderType::member;
  bool force_path = true;
  bool tree_in_welcome = true;
  std::optional<Identity> identity;
  Framing framing;
  ListContext where = ListContext::ordinary;
  std::optional<SecretBytes> external_init_secret;
};
Result<Committed> create_commit(GroupState& state, CommitInput input, const Environment& environment);

// commit_process.cpp
struct Processed {
  GroupState next;
  CommitReceived event;
};
// The signature has been verified. Error::refused where the confirmation tag does not hold.
Result<Processed> process_commit(const GroupState& state, const AuthenticatedContent& content,
                                 const Environment& environment);

}  // namespace pqc::mls
