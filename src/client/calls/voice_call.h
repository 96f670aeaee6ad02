// The media of a voice call between two devices: gathers candidates on the loop's thread, then hands everything to a
// thread of its own (media_thread.h). Loop thread only.
#pragma once

#include "client/calls/call_media.h"

namespace pqc::client {

// For CallOptions::make_media.
[[nodiscard]] Result<std::unique_ptr<CallMedia>> make_voice_call(Loop& loop, const CallAudio& audio, bool offering,
                                                                 CallMediaEvents events);

}  // namespace pqc::client
