// The receiving half (docs/spec/ratchet.md §6.2).
#pragma once

#include "protocol/ratchet/state.h"

namespace pqc::ratchet {

// Opens one message. All work is done on local copies; the state changes only after header and body were authenticated.
Result<Received> open_message(State& state, ByteView message, ByteView associated_data, ByteSpan out);

}  // namespace pqc::ratchet
