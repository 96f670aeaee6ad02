// The relays of the profile's account, for direct chats (docs/spec/p2p.md §14).
#pragma once

#include <vector>

#include "cli/commands.h"
#include "p2p/ice_transport.h"

namespace pqc::cli {

// What the account's server gives access to, which is told the user; nothing where the profile has no account. Without
// a server that answers soon, or with keys that a passphrase locks, there is none either, and the user is told why: a
// direct chat does not depend on it.
std::vector<p2p::TurnAccess> relays_of_account(const Context& context);

}  // namespace pqc::cli
