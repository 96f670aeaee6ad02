// The machine's sound devices, by miniaudio: PulseAudio (PipeWire's too), else ALSA. Any thread.
#pragma once

#include <string>
#include <vector>

#include "media/voice/error.h"

namespace pqc::media::voice {

struct DeviceInfo {
  std::string name;  // what Device takes
  bool is_default = false;
};

struct DeviceList {
  std::vector<DeviceInfo> sources;
  std::vector<DeviceInfo> sinks;
};

[[nodiscard]] Result<DeviceList> list_devices();

}  // namespace pqc::media::voice
