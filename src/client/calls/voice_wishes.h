// What is wanted of our voice in a call: by the user, and by the other side, of the frames that it gets
// (docs/spec/calls.md §2). Pure.
#pragma once

#include <algorithm>
#include <variant>

#include "client/calls/call_content.h"
#include "client/requests.h"
#include "media/voice/limits.h"
#include "media/voice/rate_choice.h"
#include "media/voice/voice_engine.h"

namespace pqc::client {

// A file is played and written as it is.
inline media::voice::Settings voice_settings(const CallAudio& audio) {
  media::voice::Settings out{.source = media::voice::parse_endpoint(audio.in),
                             .sink = media::voice::parse_endpoint(audio.out)};
  out.processing = audio.processing && std::holds_alternative<media::voice::Device>(out.source);
  return out;
}

// Opus goes no lower than its least rate here.
inline media::voice::RateLimits rate_limits(const CallDescription& wanted) {
  using media::voice::FrameDuration;
  const auto longest = wanted.frame_units >= 4   ? FrameDuration::ms40
                       : wanted.frame_units >= 2 ? FrameDuration::ms20
                                                 : FrameDuration::ms10;
  return {.highest_bitrate = std::max(wanted.bit_rate, media::voice::limits::least_bitrate), .longest = longest};
}

// For the start; shorter frames and a lower rate stay as they are.
inline void keep_to(const media::voice::RateLimits& wanted, media::voice::Settings& settings) {
  settings.bitrate = std::min(settings.bitrate, wanted.highest_bitrate);
  settings.duration = std::min(settings.duration, wanted.longest);
}

}  // namespace pqc::client
