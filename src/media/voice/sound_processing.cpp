#include "media/voice/sound_processing.h"

#include <algorithm>

#include "media/voice/echo_canceller.h"

namespace pqc::media::voice {

struct SoundProcessing::Impl {
  std::unique_ptr<EchoCanceller> library;
  Block played{};
  std::size_t filled = 0;
};

SoundProcessing::SoundProcessing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SoundProcessing::~SoundProcessing() = default;

Result<std::unique_ptr<SoundProcessing>> SoundProcessing::create() {
  auto impl = std::make_unique<Impl>();
  impl->library = EchoCanceller::create();
  if (!impl->library) return std::unexpected(Error::codec);
  return std::unique_ptr<SoundProcessing>(new SoundProcessing(std::move(impl)));
}

void SoundProcessing::played(std::span<const std::int16_t> samples) {
  auto& block = impl_->played;
  std::ranges::copy(samples, block.begin() + static_cast<std::ptrdiff_t>(impl_->filled));
  impl_->filled += samples.size();
  if (impl_->filled < block.size()) return;
  impl_->filled = 0;
  impl_->library->played(block.data());
}

void SoundProcessing::process(Block& block) {
  impl_->library->process(block.data());
}

}  // namespace pqc::media::voice
