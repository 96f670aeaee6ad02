// A source and a sink of PulseAudio, on the engine's thread: sound is taken from and given to the server's buffers
// directly, no callback and no ring between.
#pragma once

#include <memory>
#include <string>

#include "media/voice/pulse_link.h"
#include "media/voice/sound_port.h"

namespace pqc::media::voice {

// By the server's name for the device; empty is its default.
[[nodiscard]] Result<std::unique_ptr<SoundSource>> open_pulse_source(std::shared_ptr<PulseLink> link,
                                                                     const std::string& device);
[[nodiscard]] Result<std::unique_ptr<SoundSink>> open_pulse_sink(std::shared_ptr<PulseLink> link,
                                                                 const std::string& device);

}  // namespace pqc::media::voice
