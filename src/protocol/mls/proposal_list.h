// The list of proposals of a commit: resolved, checked and applied (RFC 9420 §12.2, §12.3). Internal to this folder.
#pragma once

#include <optional>
#include <vector>

#include "protocol/mls/group_state.h"

namespace pqc::mls {

struct ListedProposal {
  const Proposal* proposal;
  Sender sender;
  bool verified;  // it was checked when it came by itself
};

// Error::unknown_proposal for a reference to none that came. The list points into the commit and the state.
Result<std::vector<ListedProposal>> resolve(const GroupState& state, const Commit& commit, Sender committer);

struct Applied {
  RatchetTree tree;
  std::vector<Extension> extensions;
  std::vector<std::pair<LeafIndex, const KeyPackage*>> added;
  std::vector<LeafIndex> changed;  // leaves that are new or updated
  std::vector<PreSharedKeyId> psks;
  std::optional<ReInit> reinit;
  const Bytes* external_init = nullptr;
  std::optional<LeafIndex> replaced;  // by an external commit
  bool path_required = false;
  bool removes_self = false;
  std::optional<Bytes> own_update;  // the encryption key of our Update that was applied

  [[nodiscard]] std::vector<LeafIndex> added_leaves() const;
};

// Where a group begins anew, resumption secrets of usage reinit and branch are in their place.
enum class ListContext : std::uint8_t { ordinary, continuation };

Result<Applied> apply_list(const GroupState& state, const std::vector<ListedProposal>& list, Sender committer,
                           ListContext where, const Environment& environment);

// The extensions of a group context by themselves: none twice, not too large, and external senders that the application
// accepts (RFC 9420 §5.3.1, §12.1.8.1).
Result<void> check_extensions(const std::vector<Extension>& extensions, const CredentialPolicy& policy);

// A proposal by itself, as it comes.
Result<void> check_proposal(const GroupState& state, const ListedProposal& listed, ListContext where,
                            const Environment& environment);
// RFC 9420 §7.3, §12.2: the members of the next epoch together. Keys and clients stand once only; everyone supports
// what the group asks for. Only what the list changed is looked at: the rest held before. `tree` is the new one.
Result<void> check_members(const GroupState& state, const RatchetTree& tree, const Applied& applied,
                           const CredentialPolicy& policy);

}  // namespace pqc::mls
