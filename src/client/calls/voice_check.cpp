#include "client/calls/voice_check.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "client/files.h"
#include "media/voice/devices.h"
#include "media/voice/voice_engine.h"
#include "media/voice/wav_file.h"

namespace pqc::client {
namespace {

namespace voice = media::voice;

Status check_source(const voice::WavFile& file) {
  const auto path = file.path.string();
  if (!std::filesystem::exists(file.path)) return fail(ExitCode::missing, "there is no file " + path);
  const auto opened = voice::WavReader::open(file.path);
  if (opened) return {};
  if (::access(path.c_str(), R_OK) != 0) return std::unexpected(system_error(errno, "read", path));
  return fail(ExitCode::usage, path + ": " + std::string(voice::to_string(opened.error())));
}

// What is there already stays as it is until there is sound to write.
Status check_sink(const voice::WavFile& file) {
  const auto path = file.path.string();
  if (FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK))) return {};
  if (errno != ENOENT) return std::unexpected(system_error(errno, "write", path));
  const FileDescriptor made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made) return std::unexpected(system_error(errno, "write", path));
  ::unlink(path.c_str());
  return {};
}

// ALSA lists plugins of its own where there is no sound card, but then no default.
Status check_device(const voice::Device& device, const std::vector<voice::DeviceInfo>& all, std::string_view kind) {
  if (device.name.empty()) {
    if (std::ranges::any_of(all, &voice::DeviceInfo::is_default)) return {};
    return fail(ExitCode::missing, "this machine has no default " + std::string(kind) +
                                       ": give a device that 'pqc-chat devices audio' lists, or a .wav file");
  }
  if (std::ranges::contains(all, device.name, &voice::DeviceInfo::name)) return {};
  return fail(ExitCode::missing, "there is no " + std::string(kind) + " '" + printable(device.name) +
                                     "': 'pqc-chat devices audio' lists them");
}

}  // namespace

Status check_voice_audio(const CallAudio& audio) {
  const auto source = voice::parse_endpoint(audio.in);
  const auto sink = voice::parse_endpoint(audio.out);
  const auto* source_file = std::get_if<voice::WavFile>(&source);
  const auto* sink_file = std::get_if<voice::WavFile>(&sink);
  if (source_file != nullptr)
    if (auto checked = check_source(*source_file); !checked) return checked;
  if (sink_file != nullptr)
    if (auto checked = check_sink(*sink_file); !checked) return checked;
  std::error_code code;  // of one that is not there yet: they differ
  if (source_file != nullptr && sink_file != nullptr &&
      std::filesystem::equivalent(source_file->path, sink_file->path, code))
    return fail(ExitCode::usage,
                sink_file->path.string() + " would be played and written at once: give --audio-out another file");
  if (source_file != nullptr && sink_file != nullptr) return {};
  const auto devices = voice::list_devices();
  if (!devices)
    return fail(ExitCode::missing,
                "no sound system answers (PulseAudio, PipeWire or ALSA): give a .wav file each for "
                "--audio-in and --audio-out, or start one");
  if (const auto* device = std::get_if<voice::Device>(&source))
    if (auto checked = check_device(*device, devices->sources, "microphone"); !checked) return checked;
  if (const auto* device = std::get_if<voice::Device>(&sink))
    return check_device(*device, devices->sinks, "loudspeaker");
  return {};
}

}  // namespace pqc::client
