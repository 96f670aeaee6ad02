// What can go wrong in the voice engine, for whoever starts one. Bad frames from the network are no errors: they are
// counted.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::media::voice {

enum class Error : std::uint8_t {
  no_file,          // the sound file cannot be opened, read or written
  not_wav,          // no WAV file, or a damaged one
  unsupported_wav,  // a WAV file, but neither 16-bit PCM nor in one or two channels at 8 to 192 kHz
  no_device,        // no sound device of that name, or it cannot be opened
  codec,            // the codec, resampler or sound processing could not be set up
  malformed,        // a payload that docs/spec/voice.md does not allow
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] std::string_view to_string(Error error);

}  // namespace pqc::media::voice
