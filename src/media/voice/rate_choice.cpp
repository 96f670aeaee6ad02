#include "media/voice/rate_choice.h"

#include <algorithm>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

constexpr double redundancy_from = 0.02;
constexpr double redundancy_until = 0.005;
// What Opus should have left before frames become longer, and before they become shorter again.
constexpr std::int64_t lengthen_below = 24'000;
constexpr std::int64_t shorten_from = 32'000;
constexpr std::int64_t step = 4'000;
constexpr std::int64_t rise_by = 8'000;

// What is left for Opus of a path.
std::int64_t left(const PathState& path, FrameDuration duration, bool redundancy) {
  const auto frames_a_second = std::int64_t{100} / static_cast<std::int64_t>(blocks_of(duration));
  const auto headers = 8 * (std::int64_t{path.overhead_bytes} + 1) * frames_a_second;
  return (std::int64_t{path.bits_per_second} - headers) / (redundancy ? 2 : 1);
}

FrameDuration choose_duration(const PathState& path, FrameDuration now, FrameDuration longest, bool redundancy) {
  for (const auto duration : {FrameDuration::ms10, FrameDuration::ms20}) {
    const auto needed = duration < now ? shorten_from : lengthen_below;
    if (duration == longest || left(path, duration, redundancy) >= needed) return duration;
  }
  return longest;
}

}  // namespace

RateChoice choose_rate(const PathState& path, const RateChoice& now, const RateLimits& wanted) {
  const std::int64_t most = std::clamp(wanted.highest_bitrate, limits::least_bitrate, limits::most_bitrate);
  RateChoice out;
  out.redundancy = path.loss >= (now.redundancy ? redundancy_until : redundancy_from) &&
                   left(path, wanted.longest, true) >= std::int64_t{limits::least_bitrate};
  out.duration = choose_duration(path, now.duration, wanted.longest, out.redundancy);
  const auto available = left(path, out.duration, out.redundancy) / step * step;
  const auto held = std::clamp<std::int64_t>(available, limits::least_bitrate, most);
  const bool same_shape = out.duration == now.duration && out.redundancy == now.redundancy;
  const bool too_little_more = held > now.bitrate && held < std::int64_t{now.bitrate} + rise_by && held < most;
  out.bitrate = same_shape && too_little_more ? now.bitrate : static_cast<std::uint32_t>(held);
  return out;
}

std::uint32_t wire_bits_per_second(const RateChoice& choice, std::uint32_t overhead_bytes) {
  const auto packets = choice.redundancy ? 2U : 1U;
  const auto bytes = opus_bytes(choice.bitrate, choice.duration) * packets + 1 + overhead_bytes;
  return static_cast<std::uint32_t>(8 * bytes * 100 / blocks_of(choice.duration));
}

}  // namespace pqc::media::voice
