// Plays sound a little faster or slower without changing its pitch: one period of the voice is left out or played
// twice, where two neighbouring periods are alike, and one fades into the other (pitch-synchronous overlap and add).
// Pure; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "media/voice/sample_queue.h"

namespace pqc::media::voice {

// How alike two periods have to be, as a correlation of at most 1. Near silence everything is alike.
inline constexpr float alike = 0.85F;
inline constexpr float roughly_alike = 0.5F;

// How many samples were left out at the front of the queue, at most `most`; 0 where nothing was alike enough, or the
// queue holds too little.
[[nodiscard]] std::size_t shorten(SampleQueue& queue, std::size_t most, float threshold = alike);

// How many samples were put in at the front, at most `most`, or 0.
[[nodiscard]] std::size_t lengthen(SampleQueue& queue, std::size_t most, float threshold = alike);

// Appends `next`, which does not follow what `before` continues: finds where in the first samples of `next` it is most
// like `before`, leaves out what lies before that, and fades. `before` is what would have come next, at least
// limits::fade_samples. Answers how many samples were left out.
std::size_t merge(SampleQueue& queue, std::span<const std::int16_t> before, std::span<const std::int16_t> next);

}  // namespace pqc::media::voice
