// What a server says of relays (docs/spec/turn.md §1), within bounds. Pure.
#pragma once

#include "client/error.h"
#include "client/types.h"

namespace pqc_chat::v1 {
class ServerFrame;
}

namespace pqc::client {

// Nothing of it is looked at further. Error: protocol_mismatch.
[[nodiscard]] Result<TurnAccess> turn_access_of(const pqc_chat::v1::ServerFrame& frame);

}  // namespace pqc::client
