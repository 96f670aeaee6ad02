// Which of the waiting proposals go into a commit of ours (RFC 9420 §12.2). Internal to this folder.
#pragma once

#include <vector>

#include "protocol/mls/group_state.h"

namespace pqc::mls {

// Removes before updates, the last update of a leaf, nothing about ourselves, a ReInit only alone; and of these the
// first that go together with each other and with `by_value`, so that no proposal of another keeps us from committing.
// In the order in which they came.
std::vector<ProposalRef> choose_pending(const GroupState& state, const std::vector<Proposal>& by_value,
                                        const Environment& environment);

}  // namespace pqc::mls
