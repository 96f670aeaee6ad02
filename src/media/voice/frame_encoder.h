// Blocks of 10 ms in, payloads out (docs/spec/voice.md §1 to §3). Not thread-safe; no allocation after create().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "media/voice/limits.h"
#include "media/voice/opus_codec.h"
#include "media/voice/voice_engine.h"

namespace pqc::media::voice {

using Block = std::array<std::int16_t, limits::block_samples>;

class FrameEncoder {
 public:
  [[nodiscard]] static Result<FrameEncoder> create(std::uint32_t bits_per_second, FrameDuration duration);

  // From the next frame on.
  void set_rate(const RateChoice& choice) { next_ = choice; }

  // Calls `on_frame` if the block completes a frame.
  void add(const Block& block, const OnFrame& on_frame);

 private:
  FrameEncoder(Encoder encoder, RateChoice shape) : encoder_(std::move(encoder)), shape_(shape), next_(shape) {}
  void begin_frame();
  void finish_frame(const OnFrame& on_frame);
  // The packet before the one that is made now, if it may stand beside it.
  [[nodiscard]] ByteView previous(std::size_t size) const;

  Encoder encoder_;
  RateChoice shape_;
  RateChoice next_;
  std::array<std::int16_t, limits::longest_frame_samples> samples_{};
  std::size_t filled_ = 0;
  struct Packet {
    std::array<std::uint8_t, limits::opus_packet_bytes> bytes{};
    std::size_t size = 0;
    FrameDuration duration = FrameDuration::ms10;
  };
  std::array<Packet, 2> packets_{};  // the current one and its predecessor, by turns
  std::size_t turn_ = 0;
  std::array<std::uint8_t, limits::payload_bytes> payload_{};
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
};

}  // namespace pqc::media::voice
