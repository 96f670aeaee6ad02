// Echo cancellation, noise suppression and gain control by libwebrtc-audio-processing. On the engine's thread only; no
// allocation after create().
#pragma once

#include <memory>
#include <span>

#include "media/voice/frame_encoder.h"

namespace pqc::media::voice {

class SoundProcessing {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SoundProcessing>> create();
  ~SoundProcessing();
  SoundProcessing(const SoundProcessing&) = delete;
  SoundProcessing& operator=(const SoundProcessing&) = delete;

  // What goes to the sink, limits::play_samples at a time: what may come back as an echo.
  void played(std::span<const std::int16_t> samples);
  // What came from the source, in place.
  void process(Block& block);

 private:
  struct Impl;
  explicit SoundProcessing(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::media::voice
