// The machine's sound devices, by miniaudio: PulseAudio (PipeWire's too), else ALSA. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/voice/error.h"

namespace pqc::media::voice {

struct DeviceInfo {
  std::string name;  // what Device takes
  bool is_default = false;
  // Of ALSA: no sound card and not the default, but a converter, an effect, the way to another sound system, or
  // nothing.
  bool is_plugin = false;
};

struct DeviceList {
  std::vector<DeviceInfo> sources;
  std::vector<DeviceInfo> sinks;
};

[[nodiscard]] Result<DeviceList> list_devices();

// Whether ALSA's device of this id, as miniaudio gives it, is such a plugin.
[[nodiscard]] bool is_alsa_plugin(std::string_view id);

}  // namespace pqc::media::voice
