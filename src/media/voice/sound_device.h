// Sound devices as source and sink: PulseAudio's by the link (pulse_port.h), ALSA's where there is none, by miniaudio.
// That calls back on a thread of its own, where samples only go through a ring: no lock, no allocation, no system call.
// The engine's thread is not woken by it, but foresees the next callback.
#pragma once

#include "media/voice/sound_port.h"

namespace pqc::media::voice {

[[nodiscard]] Result<std::unique_ptr<SoundSource>> open_source_device(const Device& device,
                                                                      const std::shared_ptr<PulseLink>& link);
[[nodiscard]] Result<std::unique_ptr<SoundSink>> open_sink_device(const Device& device,
                                                                  const std::shared_ptr<PulseLink>& link);

}  // namespace pqc::media::voice
