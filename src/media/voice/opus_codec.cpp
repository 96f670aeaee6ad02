#include "media/voice/opus_codec.h"

#include <algorithm>

#include <opus.h>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

// Of 0 to 10: above it CELT costs twice as much for speech that nobody tells apart.
constexpr int complexity = 5;

bool configure(OpusEncoder* encoder) {
  return opus_encoder_ctl(encoder, OPUS_SET_VBR(0)) == OPUS_OK &&
         opus_encoder_ctl(encoder, OPUS_SET_DTX(0)) == OPUS_OK &&
         opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity)) == OPUS_OK &&
         opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK &&
         opus_encoder_ctl(encoder, OPUS_SET_LSB_DEPTH(16)) == OPUS_OK;
}

}  // namespace

void Encoder::Destroy::operator()(OpusEncoder* encoder) const {
  opus_encoder_destroy(encoder);
}

Result<Encoder> Encoder::create(std::uint32_t bits_per_second) {
  int error = OPUS_OK;
  Encoder out(opus_encoder_create(limits::sample_rate, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error));
  if (error != OPUS_OK || !configure(out.encoder_.get())) return std::unexpected(Error::codec);
  out.set_bitrate(bits_per_second);
  return out;
}

void Encoder::set_bitrate(std::uint32_t bits_per_second) {
  const auto held = std::clamp(bits_per_second, limits::least_bitrate, limits::most_bitrate) / 800 * 800;
  if (held == bitrate_) return;
  bitrate_ = held;
  opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(held)));
}

Result<ByteView> Encoder::encode(std::span<const std::int16_t> samples, FrameDuration duration, ByteSpan out) {
  if (samples.size() != samples_of(duration)) return std::unexpected(Error::malformed);
  const auto size = static_cast<opus_int32>(opus_bytes(bitrate_, duration));
  const auto wrote = opus_encode(encoder_.get(), samples.data(), static_cast<int>(samples.size()), out.data(), size);
  if (wrote <= 0 || opus_packet_pad(out.data(), wrote, size) != OPUS_OK) return std::unexpected(Error::codec);
  return out.first(static_cast<std::size_t>(size));
}

void Decoder::Destroy::operator()(OpusDecoder* decoder) const {
  opus_decoder_destroy(decoder);
}

Result<Decoder> Decoder::create() {
  int error = OPUS_OK;
  Decoder out(opus_decoder_create(limits::sample_rate, 1, &error));
  if (error != OPUS_OK) return std::unexpected(Error::codec);
  return out;
}

Result<void> Decoder::decode(ByteView packet, std::span<std::int16_t> out) {
  const auto samples = opus_decode(decoder_.get(), packet.data(), static_cast<opus_int32>(packet.size()), out.data(),
                                   static_cast<int>(out.size()), 0);
  if (samples != static_cast<int>(out.size())) return std::unexpected(Error::malformed);
  return {};
}

void Decoder::conceal(std::span<std::int16_t> out) {
  const auto samples = opus_decode(decoder_.get(), nullptr, 0, out.data(), static_cast<int>(out.size()), 0);
  if (samples != static_cast<int>(out.size())) std::ranges::fill(out, std::int16_t{0});
}

void Decoder::reset() {
  opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
}

}  // namespace pqc::media::voice
