// Whether the sound of a call can come from and go to where the user wants it: looked at before anybody is called.
#pragma once

#include "client/error.h"
#include "client/requests.h"

namespace pqc::client {

// For CallOptions::check_audio. Devices that are there, files that can be read and written; none is kept open, nothing
// is recorded. Errors: missing, no_permission, usage (no WAV file that can be played), those of the disk. Any thread.
[[nodiscard]] Status check_voice_audio(const CallAudio& audio);

}  // namespace pqc::client
