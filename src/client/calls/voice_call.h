// The media of a voice call between two devices: gathers candidates on the loop's thread (call_gathering.h), then hands
// everything to a thread of its own (media_thread.h), and gathers again when a path has gone. Loop thread only.
#pragma once

#include "client/calls/call_media.h"

namespace pqc::client {

// For CallOptions::make_media. The last copy of what these answer outlives the media that it made, and waits at its end
// until their relays are told.
[[nodiscard]] MakeCallMedia voice_calls();
// The other side hears what it says, a moment later (echo_line.h). No sound is opened.
[[nodiscard]] MakeCallMedia echo_calls();

}  // namespace pqc::client
