// The sending half (docs/spec/ratchet.md §3.2, §6.1): making a turn's keys, and sealing messages in it.
#pragma once

#include "base/rng.h"
#include "protocol/ratchet/state.h"

namespace pqc::ratchet {

// The initiator's turn 0: fresh keys in `sending`, its chain and header key from the start.
Result<void> begin_first_turn(const State& state, StartKeys& start, Rng& rng, Sending& sending);

// Seals one message and, where the state is Due, makes the step to the next turn first. Commits when all has worked.
Result<Sent> seal_message(State& state, ByteView text, ByteView associated_data, RecordVersions records, Rng& rng,
                          ByteSpan out);

}  // namespace pqc::ratchet
