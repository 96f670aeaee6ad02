// pqc-chat devices audio: where the sound of calls can come from and go to.
#include "cli/commands.h"
#include "media/voice/devices.h"

namespace pqc::cli {
namespace {

class Listing {
 public:
  Listing(const Output& output, bool all) : output_(output), all_(all) {}

  void show(std::string_view use, const std::vector<media::voice::DeviceInfo>& devices) {
    for (const auto& device : devices) {
      if (device.is_plugin && !all_) continue;
      shown_ = true;
      if (output_.json())
        output_.object(json_object("audio_device")
                           .add("use", use)
                           .add("name", device.name)
                           .add("default", device.is_default)
                           .add("plugin", device.is_plugin));
      else
        output_.line((use == "in" ? "in   " : "out  ") + device.name + (device.is_default ? "  (default)" : ""));
    }
  }
  [[nodiscard]] bool shown() const { return shown_; }

 private:
  const Output& output_;
  const bool all_;
  bool shown_ = false;
};

}  // namespace

ExitCode list_audio_devices(const Context& context, bool all) {
  const auto devices = media::voice::list_devices();
  if (!devices)
    return context.fail({ExitCode::unexpected, "no sound: " + std::string(media::voice::to_string(devices.error()))});
  Listing listing(context.output, all);
  listing.show("in", devices->sources);
  listing.show("out", devices->sinks);
  if (!listing.shown()) context.output.note("there is no microphone and no loudspeaker: calls can use .wav files");
  return ExitCode::ok;
}

}  // namespace pqc::cli
