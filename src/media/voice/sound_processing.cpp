#include "media/voice/sound_processing.h"

#include <algorithm>

#include <modules/audio_processing/include/audio_processing.h>

namespace pqc::media::voice {

namespace {

// Roughly what the two rings and the sound system add between playing and hearing; the canceller finds the rest by
// itself.
constexpr int delay_hint_ms = 25;

webrtc::AudioProcessing::Config configuration() {
  webrtc::AudioProcessing::Config out;
  out.high_pass_filter.enabled = true;
  out.echo_canceller.enabled = true;
  out.noise_suppression.enabled = true;
  out.noise_suppression.level = webrtc::AudioProcessing::Config::NoiseSuppression::kModerate;
  out.gain_controller1.enabled = true;
  out.gain_controller1.mode = webrtc::AudioProcessing::Config::GainController1::kAdaptiveDigital;
  return out;
}

}  // namespace

struct SoundProcessing::Impl {
  rtc::scoped_refptr<webrtc::AudioProcessing> library;
  webrtc::StreamConfig shape{limits::sample_rate, 1};
  Block played{};
  std::size_t filled = 0;
};

SoundProcessing::SoundProcessing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SoundProcessing::~SoundProcessing() = default;

Result<std::unique_ptr<SoundProcessing>> SoundProcessing::create() {
  auto impl = std::make_unique<Impl>();
  impl->library = webrtc::AudioProcessingBuilder().Create();
  if (!impl->library) return std::unexpected(Error::codec);
  impl->library->ApplyConfig(configuration());
  return std::unique_ptr<SoundProcessing>(new SoundProcessing(std::move(impl)));
}

void SoundProcessing::played(std::span<const std::int16_t> samples) {
  auto& block = impl_->played;
  std::ranges::copy(samples, block.begin() + static_cast<std::ptrdiff_t>(impl_->filled));
  impl_->filled += samples.size();
  if (impl_->filled < block.size()) return;
  impl_->filled = 0;
  // The result is what a library-side limiter would play; we play what we have.
  Block unused{};
  impl_->library->ProcessReverseStream(block.data(), impl_->shape, impl_->shape, unused.data());
}

void SoundProcessing::process(Block& block) {
  impl_->library->set_stream_delay_ms(delay_hint_ms);
  impl_->library->ProcessStream(block.data(), impl_->shape, impl_->shape, block.data());
}

}  // namespace pqc::media::voice
