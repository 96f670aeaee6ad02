#include "media/voice/time_stretch.h"

#include <cmath>

namespace pqc::media::voice {

namespace {

constexpr std::size_t window = limits::fade_samples;
constexpr std::size_t coarse = 8;
// Mean square of a sample in what counts as silence: -60 dB of the loudest.
constexpr float silence = 30.0F * 30.0F;

// The correlation of two windows, looking at every `step`th sample; 1 where both are near silence.
float similarity(const std::int16_t* a, const std::int16_t* b, std::size_t step) {
  float ab = 0;
  float aa = 0;
  float bb = 0;
  for (std::size_t i = 0; i < window; i += step) {
    const auto x = static_cast<float>(a[i]);
    const auto y = static_cast<float>(b[i]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  const float quiet = silence * static_cast<float>(window / step);
  if (aa < quiet && bb < quiet) return 1;
  return ab / std::sqrt(aa * bb + 1);
}

struct Match {
  std::size_t at = 0;
  float similarity = -1;
};

// The best `at` from `least` to `most`, by `compare(at, step)`; of equals the largest.
template <class Compare>
Match search(std::size_t least, std::size_t most, const Compare& compare) {
  Match best;
  const auto consider = [&](std::size_t at, std::size_t step) {
    if (const auto s = compare(at, step); s >= best.similarity) best = {at, s};
  };
  for (auto at = least; at <= most; at += coarse) consider(at, 4);
  const auto middle = best.at;
  best.similarity = -1;
  const auto last = std::min(most, middle + coarse);
  for (auto at = std::max(least + coarse, middle) - coarse; at <= last; ++at) consider(at, 1);
  return best;
}

// From a to b over `count` samples, into out, which may be either.
void fade(const std::int16_t* a, const std::int16_t* b, std::int16_t* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float share = (static_cast<float>(i) + 0.5F) / static_cast<float>(count);
    const float sum = static_cast<float>(a[i]) * (1 - share) + static_cast<float>(b[i]) * share;
    out[i] = static_cast<std::int16_t>(std::lround(sum));
  }
}

}  // namespace

std::size_t shorten(SampleQueue& queue, std::size_t most, float threshold) {
  if (queue.size() < limits::shortest_period + window) return 0;
  most = std::min({most, limits::longest_period, queue.size() - window});
  if (most < limits::shortest_period) return 0;
  auto* const front = queue.all().data() + SampleQueue::history_size;
  const auto period = search(limits::shortest_period, most,
                             [&](std::size_t p, std::size_t step) { return similarity(front, front + p, step); });
  if (period.similarity < threshold) return 0;
  const auto length = std::min(period.at, queue.size() - period.at);
  fade(front, front + period.at, front, length);
  queue.remove_at(SampleQueue::history_size + length, period.at);
  return period.at;
}

std::size_t lengthen(SampleQueue& queue, std::size_t most, float threshold) {
  if (queue.size() < window) return 0;
  most = std::min({most, limits::longest_period, SampleQueue::history_size, queue.size()});
  if (most < limits::shortest_period || !queue.has_room(most)) return 0;
  auto* const front = queue.all().data() + SampleQueue::history_size;
  const auto period = search(limits::shortest_period, most,
                             [&](std::size_t p, std::size_t step) { return similarity(front - p, front, step); });
  if (period.similarity < threshold) return 0;
  // A period of the history is played once more, begun with a fade from what would have come.
  std::array<std::int16_t, limits::longest_period> repeated{};
  fade(front, front - period.at, repeated.data(), period.at);
  queue.insert_at_border(period.at);
  std::copy_n(repeated.data(), period.at, front);
  return period.at;
}

std::size_t merge(SampleQueue& queue, std::span<const std::int16_t> before, std::span<const std::int16_t> next) {
  const auto most = std::min(limits::merge_search, next.size() - window);
  const auto match = search(
      0, most, [&](std::size_t at, std::size_t step) { return similarity(before.data(), next.data() + at, step); });
  const auto kept = next.subspan(match.at);
  const auto out = queue.append(kept.size());
  std::ranges::copy(kept, out.begin());
  fade(before.data(), kept.data(), out.data(), window);
  return match.at;
}

}  // namespace pqc::media::voice
