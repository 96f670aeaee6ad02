// The media of a voice call between two devices: gathers candidates on the loop's thread (call_gathering.h), then hands
// everything to a thread of its own (media_thread.h), and gathers again when a path has gone. Loop thread only.
#pragma once

#include "client/calls/call_media.h"

namespace pqc::client {

// For CallOptions::make_media.
[[nodiscard]] Result<std::unique_ptr<CallMedia>> make_voice_call(Loop& loop, const CallSetup& setup,
                                                                 CallMediaEvents events);
// Likewise: the other side hears what it says, a moment later (echo_line.h). No sound is opened.
[[nodiscard]] Result<std::unique_ptr<CallMedia>> make_echo_call(Loop& loop, const CallSetup& setup,
                                                                CallMediaEvents events);

}  // namespace pqc::client
