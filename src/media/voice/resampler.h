// From any usual sample rate to another, by libspeexdsp's windowed sinc. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "media/voice/error.h"

struct SpeexResamplerState_;

namespace pqc::media::voice {

class Resampler {
 public:
  [[nodiscard]] static Result<Resampler> create(std::uint32_t from_rate, std::uint32_t to_rate);

  // Appends to `out`. The filter's own delay is left out at the start, so that nothing is shifted.
  void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);
  // Appends what the filter still holds of what came in.
  void finish(std::vector<std::int16_t>& out);

 private:
  struct Destroy {
    void operator()(SpeexResamplerState_* state) const;
  };
  explicit Resampler(SpeexResamplerState_* state) : state_(state) {}

  std::unique_ptr<SpeexResamplerState_, Destroy> state_;
};

}  // namespace pqc::media::voice
