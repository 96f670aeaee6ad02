// Opus (RFC 6716) as voice uses it: mono, 48 kHz, restricted low delay, hard constant bit rate. Not thread-safe; no
// allocation after create().
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "media/voice/error.h"
#include "media/voice/frame_duration.h"

struct OpusEncoder;
struct OpusDecoder;

namespace pqc::media::voice {

class Encoder {
 public:
  [[nodiscard]] static Result<Encoder> create(std::uint32_t bits_per_second);

  // Held to the limits and rounded down to 800 bit/s, a byte a block.
  void set_bitrate(std::uint32_t bits_per_second);
  [[nodiscard]] std::uint32_t bitrate() const { return bitrate_; }

  // As many samples as `duration` has; exactly opus_bytes(bitrate(), duration) bytes, written to the start of `out`,
  // which has room for limits::opus_packet_bytes.
  [[nodiscard]] Result<ByteView> encode(std::span<const std::int16_t> samples, FrameDuration duration, ByteSpan out);

 private:
  struct Destroy {
    void operator()(OpusEncoder* encoder) const;
  };
  explicit Encoder(OpusEncoder* encoder) : encoder_(encoder) {}

  std::unique_ptr<OpusEncoder, Destroy> encoder_;
  std::uint32_t bitrate_ = 0;
};

class Decoder {
 public:
  [[nodiscard]] static Result<Decoder> create();

  // Error::malformed unless the packet yields exactly out.size() samples.
  [[nodiscard]] Result<void> decode(ByteView packet, std::span<std::int16_t> out);
  // What might have stood in a lost packet, a multiple of 2.5 ms and at most 60 ms; silence where even that fails.
  void conceal(std::span<std::int16_t> out);
  // Forgets what was decoded.
  void reset();

 private:
  struct Destroy {
    void operator()(OpusDecoder* decoder) const;
  };
  explicit Decoder(OpusDecoder* decoder) : decoder_(decoder) {}

  std::unique_ptr<OpusDecoder, Destroy> decoder_;
};

}  // namespace pqc::media::voice
