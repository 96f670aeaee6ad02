// What the other side of a call wants of the frames that it gets (docs/spec/calls.md §2), kept by our voice. Pure.
#pragma once

#include <algorithm>

#include "client/calls/call_content.h"
#include "media/voice/limits.h"
#include "media/voice/voice_engine.h"

namespace pqc::client {

// Shorter frames and a lower rate stay as they are; Opus goes no lower than its least rate here.
inline void keep_to(const CallDescription& wanted, media::voice::Settings& settings) {
  using media::voice::FrameDuration;
  settings.bitrate = std::max(std::min(settings.bitrate, wanted.bit_rate), media::voice::limits::least_bitrate);
  const auto longest = wanted.frame_units >= 4   ? FrameDuration::ms40
                       : wanted.frame_units >= 2 ? FrameDuration::ms20
                                                 : FrameDuration::ms10;
  settings.duration = std::min(settings.duration, longest);
}

}  // namespace pqc::client
