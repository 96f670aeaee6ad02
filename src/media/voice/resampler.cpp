#include "media/voice/resampler.h"

#include <array>

#include <speex/speex_resampler.h>

namespace pqc::media::voice {

namespace {

// Of 0 to 10; 8 keeps what it folds back 100 dB down.
constexpr int quality = 8;

}  // namespace

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Result<Resampler> Resampler::create(std::uint32_t from_rate, std::uint32_t to_rate) {
  int error = RESAMPLER_ERR_SUCCESS;
  Resampler out(speex_resampler_init(1, from_rate, to_rate, quality, &error));
  if (error != RESAMPLER_ERR_SUCCESS) return std::unexpected(Error::codec);
  speex_resampler_skip_zeros(out.state_.get());
  return out;
}

void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
  std::array<std::int16_t, 1024> piece{};
  while (!in.empty()) {
    auto taken = static_cast<spx_uint32_t>(in.size());
    auto made = static_cast<spx_uint32_t>(piece.size());
    speex_resampler_process_int(state_.get(), 0, in.data(), &taken, piece.data(), &made);
    out.insert(out.end(), piece.begin(), piece.begin() + made);
    if (taken == 0 && made == 0) return;
    in = in.subspan(taken);
  }
}

void Resampler::finish(std::vector<std::int16_t>& out) {
  const std::vector<std::int16_t> silence(static_cast<std::size_t>(speex_resampler_get_input_latency(state_.get())));
  process(silence, out);
}

}  // namespace pqc::media::voice
