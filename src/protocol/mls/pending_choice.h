// Which of the waiting proposals go into a commit of ours (RFC 9420 §12.2). Internal to this folder.
#pragma once

#include <vector>

#include "protocol/mls/group_state.h"

namespace pqc::mls {

// Removes before updates, the last update of a leaf, nothing about ourselves, a ReInit only alone; and of these the
// first that go together with each other and with those by value, so that no proposal of another keeps us from
// committing. What came from outside only where `options` names it: it goes in by value, for others need not have it.
// In the order in which they came. Error::unknown_proposal where one is named that does not wait.
Result<std::vector<ProposalOrRef>> choose_pending(const GroupState& state, const CommitOptions& options,
                                                  const Environment& environment);

}  // namespace pqc::mls
