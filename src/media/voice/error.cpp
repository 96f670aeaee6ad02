#include "media/voice/error.h"

namespace pqc::media::voice {

std::string_view to_string(Error error) {
  switch (error) {
    case Error::no_file:
      return "the sound file cannot be opened";
    case Error::not_wav:
      return "this is no sound file in the WAV format, or it is damaged";
    case Error::unsupported_wav:
      return "a sound file has to be 16-bit PCM in one or two channels at 8 to 192 kHz";
    case Error::no_device:
      return "the sound device is not there or cannot be opened";
    case Error::codec:
      return "the codec could not be set up";
    case Error::malformed:
      return "the frame is malformed";
  }
  return "unknown";
}

}  // namespace pqc::media::voice
