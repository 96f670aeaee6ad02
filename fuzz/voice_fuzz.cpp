// What voice reads from outside: sound files and payloads, the Opus packets in them through the decoder.
#include <cstdlib>
#include <vector>

#include "media/voice/opus_codec.h"
#include "media/voice/payload.h"
#include "media/voice/wav_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  namespace voice = media::voice;
  const ByteView input(data, size);
  if (const auto layout = voice::parse_wav(input); layout && layout->data_offset > size) std::abort();
  const auto payload = voice::parse_payload(input);
  if (!payload) return 0;
  Bytes again(voice::limits::payload_bytes);
  const auto written = voice::write_payload(*payload, again);
  voice::mark_recorded(again, voice::is_recorded(input));
  if (written.size() != size || written[0] != input[0]) std::abort();
  static auto decoder = voice::Decoder::create();
  if (!decoder) return 0;
  std::vector<std::int16_t> out(voice::samples_of(payload->duration));
  static_cast<void>(decoder->decode(payload->opus, out));
  decoder->conceal(std::span(out).first(voice::limits::block_samples));
  return 0;
}
