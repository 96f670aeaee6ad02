// How voice is encoded on a path of a given width (docs/spec/voice.md §4). Pure.
#pragma once

#include <cstdint>

#include "media/voice/frame_duration.h"
#include "media/voice/limits.h"

namespace pqc::media::voice {

struct PathState {
  std::uint32_t bits_per_second = 0;  // what the bandwidth estimator allows, headers included
  double loss = 0;                    // share of the packets, 0 to 1
  std::uint32_t overhead_bytes = 0;   // of each packet around our payload: IP, UDP, RTP, SRTP, SFrame
};

struct RateChoice {
  std::uint32_t bitrate = 0;
  FrameDuration duration = FrameDuration::ms10;
  bool redundancy = false;
  friend bool operator==(const RateChoice&, const RateChoice&) = default;
};

// What who receives wants at most; the bit rate goes no lower than limits::least_bitrate for it.
struct RateLimits {
  std::uint32_t highest_bitrate = limits::most_bitrate;
  FrameDuration longest = FrameDuration::ms40;
};

// `now` is what holds at present: small changes of the path do not change it.
[[nodiscard]] RateChoice choose_rate(const PathState& path, const RateChoice& now, const RateLimits& wanted = {});

// What a choice takes of the path, headers included.
[[nodiscard]] std::uint32_t wire_bits_per_second(const RateChoice& choice, std::uint32_t overhead_bytes);

}  // namespace pqc::media::voice
