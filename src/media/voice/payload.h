// The payload of a voice frame (docs/spec/voice.md §2). Pure; any thread.
#pragma once

#include "base/bytes.h"
#include "media/voice/error.h"
#include "media/voice/frame_duration.h"

namespace pqc::media::voice {

struct Payload {
  FrameDuration duration = FrameDuration::ms10;
  ByteView opus;
  bool redundancy = false;
  ByteView previous;  // empty, or the Opus packet of the frame before, which has the same duration
};

// Views into `bytes`. Only Error::malformed.
[[nodiscard]] Result<Payload> parse_payload(ByteView bytes);

// Whether the frame says that its sender records the call (docs/spec/recording.md §5). Of anything else than a
// well-formed payload it says nothing.
void mark_recorded(ByteSpan payload, bool recorded);
[[nodiscard]] bool is_recorded(ByteView payload);

// Into `out`, which has room for limits::payload_bytes; answers the part that was written. `opus` and `previous` are
// not in `out`; a `previous` that has another size than `opus` is left out, and its field is zero.
[[nodiscard]] ByteView write_payload(const Payload& payload, ByteSpan out);

}  // namespace pqc::media::voice
