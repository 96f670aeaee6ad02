#include "media/voice/echo_canceller.h"

#include <array>

#include <modules/audio_processing/include/audio_processing.h>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

// Roughly what the sound system's buffers add between playing and hearing; the canceller finds the rest by
// itself.
constexpr int delay_hint_ms = 25;

webrtc::AudioProcessing::Config configuration() {
  webrtc::AudioProcessing::Config out;
  out.high_pass_filter.enabled = true;
  out.echo_canceller.enabled = true;
  out.noise_suppression.enabled = true;
  out.noise_suppression.level = webrtc::AudioProcessing::Config::NoiseSuppression::kModerate;
  // It only counts, for statistics that nobody reads.
  out.residual_echo_detector.enabled = false;
  out.gain_controller1.enabled = true;
  out.gain_controller1.mode = webrtc::AudioProcessing::Config::GainController1::kAdaptiveDigital;
  return out;
}

class Library final : public EchoCanceller {
 public:
  explicit Library(rtc::scoped_refptr<webrtc::AudioProcessing> library) : library_(std::move(library)) {
    library_->ApplyConfig(configuration());
  }

  void played(const std::int16_t* block) override {
    // The result is what a limiter of the library would play; we play what we have.
    std::array<std::int16_t, limits::block_samples> unused{};
    library_->ProcessReverseStream(block, shape_, shape_, unused.data());
  }
  void process(std::int16_t* block) override {
    library_->set_stream_delay_ms(delay_hint_ms);
    library_->ProcessStream(block, shape_, shape_, block);
  }

 private:
  rtc::scoped_refptr<webrtc::AudioProcessing> library_;
  webrtc::StreamConfig shape_{limits::sample_rate, 1};
};

}  // namespace

std::unique_ptr<EchoCanceller> EchoCanceller::create() {
  rtc::scoped_refptr<webrtc::AudioProcessing> library(webrtc::AudioProcessingBuilder().Create());
  if (!library) return nullptr;
  return std::make_unique<Library>(std::move(library));
}

}  // namespace pqc::media::voice
