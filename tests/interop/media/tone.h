// Two tones in Opus, 20 ms a packet: the one that our peer sends, and the one that it listens for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "media/voice/opus_codec.h"

namespace pqc::interop {

inline constexpr double sent_tone = 600;   // Hz
inline constexpr double heard_tone = 440;  // Hz
inline constexpr std::uint32_t packet_samples = 960;

class Tone {
 public:
  explicit Tone(media::voice::Encoder encoder) : encoder_(std::move(encoder)) {}
  // The next packet, until the next call.
  ByteView next();

 private:
  media::voice::Encoder encoder_;
  std::uint64_t at_ = 0;
  std::array<std::uint8_t, 480> packet_{};
};

class Ear {
 public:
  explicit Ear(media::voice::Decoder decoder) : decoder_(std::move(decoder)) {}
  void take(ByteView packet);
  // Tenths of a second in which nine tenths of the power were the tone.
  [[nodiscard]] int heard() const { return heard_; }

 private:
  void judge();

  media::voice::Decoder decoder_;
  std::vector<std::int16_t> samples_;  // less than a tenth of a second
  int heard_ = 0;
};

}  // namespace pqc::interop
