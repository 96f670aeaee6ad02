// Bursts like syllables, each different: a voice whose pitch moves over an octave (so that no two periods are alike,
// and correlation has one peak), with overtones, between pauses that are long enough to tell them apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pqc::bench {

struct Burst {
  std::size_t begin = 0;  // in the sound that is played
  std::size_t length = 0;
};

struct Bursts {
  std::vector<std::int16_t> sound;
  std::vector<Burst> bursts;
};

// The same for the same count.
[[nodiscard]] Bursts make_bursts(std::size_t count);

struct Match {
  std::size_t at = 0;      // where in `heard` it begins
  double correlation = 0;  // normalised, 0 to 1
};
// Where `said` is heard best.
[[nodiscard]] Match find_burst(std::span<const std::int16_t> said, std::span<const std::int16_t> heard);

}  // namespace pqc::bench
