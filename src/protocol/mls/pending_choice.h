// Which of the waiting proposals go into a commit of ours (RFC 9420 §12.2). Internal to this folder.
#pragma once

#include <vector>

#include "protocol/mls/group_state.h"

namespace pqc::mls {

// Removes before updates, the last update of a leaf, nothing about ourselves, the first of what may stand once, a
// ReInit only alone. In the order in which they came.
std::vector<ProposalRef> choose_pending(const GroupState& state, bool others_by_value);

}  // namespace pqc::mls
