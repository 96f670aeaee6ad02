// The connection to the sound system, and its devices by name. Included by source files only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/voice/devices.h"
#include "media/voice/miniaudio_api.h"

namespace pqc::media::voice {

class DeviceContext {
 public:
  [[nodiscard]] static Result<DeviceContext> open();
  // Where PulseAudio did not answer: it is not asked a second time.
  [[nodiscard]] static Result<DeviceContext> open_alsa();

  [[nodiscard]] ma_context* get() const { return context_.get(); }
  [[nodiscard]] Result<DeviceList> list() const;
  // Nothing for the default, which has no name; Error::no_device where there is none of that name.
  [[nodiscard]] Result<std::optional<ma_device_id>> find(const std::string& name, ma_device_type type) const;

 private:
  static Result<DeviceContext> open(std::span<const ma_backend> backends);
  struct Close {
    void operator()(ma_context* context) const;
  };
  std::unique_ptr<ma_context, Close> context_;
};

}  // namespace pqc::media::voice
