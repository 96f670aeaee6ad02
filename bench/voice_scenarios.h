// What the jitter buffer makes of bad networks, in virtual time.
#pragma once

namespace pqc::bench {

// Prints a table: trouble of 60 s between 20 s and 40 s of quiet, and clocks that drift for 10 minutes.
void print_voice_scenarios();

}  // namespace pqc::bench
