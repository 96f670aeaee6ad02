#include "media/voice/frame_encoder.h"

#include <algorithm>

#include "media/voice/payload.h"

namespace pqc::media::voice {

Result<FrameEncoder> FrameEncoder::create(std::uint32_t bits_per_second, FrameDuration duration) {
  return Encoder::create(bits_per_second).transform([&](Encoder encoder) {
    return FrameEncoder(std::move(encoder), {.bitrate = bits_per_second, .duration = duration, .redundancy = false});
  });
}

void FrameEncoder::begin_frame() {
  shape_ = next_;
  encoder_.set_bitrate(shape_.bitrate);
}

ByteView FrameEncoder::previous(std::size_t size) const {
  const auto& before = packets_[1 - turn_];
  if (before.size != size || before.duration != shape_.duration) return {};
  return ByteView(before.bytes).first(size);
}

void FrameEncoder::finish_frame(const OnFrame& on_frame) {
  auto& packet = packets_[turn_];
  const auto opus = encoder_.encode(std::span(samples_).first(filled_), shape_.duration, packet.bytes);
  const auto samples = static_cast<std::uint32_t>(filled_);
  filled_ = 0;
  packet.size = opus ? opus->size() : 0;
  packet.duration = shape_.duration;
  if (opus) {
    const auto payload = write_payload({.duration = shape_.duration,
                                        .opus = *opus,
                                        .redundancy = shape_.redundancy,
                                        .previous = previous(opus->size())},
                                       payload_);
    on_frame({.sequence = sequence_, .timestamp = timestamp_, .payload = payload});
    ++sequence_;
  }
  turn_ = 1 - turn_;
  timestamp_ += samples;
}

void FrameEncoder::add(const Block& block, const OnFrame& on_frame) {
  if (filled_ == 0) begin_frame();
  std::ranges::copy(block, samples_.begin() + static_cast<std::ptrdiff_t>(filled_));
  filled_ += block.size();
  if (filled_ == samples_of(shape_.duration)) finish_frame(on_frame);
}

}  // namespace pqc::media::voice
