// Received payloads in, an even stream of sound out (docs/spec/voice.md §5).
//
// play() gives a few milliseconds of sound at a time. Its choices, in NetEq's words:
//   normal             the next frame is there and is decoded
//   accelerate         sound waits longer than the target: a period is left out
//   preemptive expand  sound waits less than the target: a period is played twice
//   expand             the next frame is not there: the decoder makes something up; either in place of the frame, or,
//   while waiting
//                      is still worth it, before it
//   merge              frames are passed over: what would have come fades into what comes
//
// Driven by the times that it is given, so a test runs minutes in milliseconds. Not thread-safe; no allocation after
// create().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/voice/delay_estimator.h"
#include "media/voice/frame_slots.h"
#include "media/voice/opus_codec.h"
#include "media/voice/payload.h"
#include "media/voice/sample_queue.h"

namespace pqc::media::voice {

class JitterBuffer {
 public:
  // Counts since the start.
  struct Counts {
    std::uint64_t played_samples = 0;
    std::uint64_t concealed_samples = 0;
    std::uint64_t inserted_samples = 0;
    std::uint64_t removed_samples = 0;
    std::uint64_t received_frames = 0;
    std::uint64_t recovered_frames = 0;
    std::uint64_t late_frames = 0;
    std::uint64_t repeated_frames = 0;
    std::uint64_t malformed_frames = 0;
    std::uint64_t restarts = 0;
  };

  [[nodiscard]] static Result<std::unique_ptr<JitterBuffer>> create();

  // A payload and the RTP timestamp it came with.
  void insert(std::uint32_t timestamp, ByteView payload, Micros arrival);

  // The next samples, always as many, at most limits::block_samples; silence before the first frame. The fewer at a
  // time, the less sound waits: half a block is a good number.
  void play(std::span<std::int16_t> out, Micros now);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  // How long sound waits here beyond the fastest frame's way through the network; and what that should be.
  [[nodiscard]] Micros delay() const { return delay_; }
  [[nodiscard]] Micros target() const { return estimator_.target(); }

 private:
  // Where a payload belongs: `block` counts from a start that keeps it positive.
  struct Place {
    std::int64_t block;
    bool fits;
  };

  explicit JitterBuffer(Decoder decoder) : decoder_(std::move(decoder)) {}

  [[nodiscard]] Place place(std::uint32_t timestamp) const;
  [[nodiscard]] bool starts_anew(std::uint32_t timestamp);
  void start(std::uint32_t timestamp);
  void put(std::int64_t block, const Payload& payload, Micros arrival);
  void put_copy(std::int64_t block, const Payload& payload, Micros arrival);
  void learn(std::int64_t block, FrameDuration duration, Micros arrival);

  void measure_delay(Micros now);
  void shift_delay(Micros by) { delay_ += by; }
  [[nodiscard]] Micros patience() const;
  [[nodiscard]] Micros least_delay() const;
  void decode_next();
  void decode_frame(const FrameSlots::Frame& frame);
  void bridge_gap(std::int64_t present);
  void pass_over(std::int64_t block);
  void conceal_block();
  void expand();
  void pass_over_excess();
  void stretch();

  Decoder decoder_;
  DelayEstimator estimator_;
  FrameSlots slots_;
  SampleQueue queue_;
  Counts counts_;

  bool begun_ = false;    // a frame came
  bool playing_ = false;  // and is played
  std::int64_t last_block_ = 0;
  std::uint32_t last_timestamp_ = 0;
  std::optional<std::uint32_t> strange_;  // the last timestamp that fitted nowhere
  int strange_count_ = 0;

  std::int64_t next_ = 0;      // the block that is decoded next
  std::int64_t expanded_ = 0;  // blocks made up since the last frame, without going on in the stream
  FrameDuration duration_ = FrameDuration::ms10;
  Micros delay_{0};
  bool delay_known_ = false;
  Micros since_stretch_{0};
  std::size_t step_ = limits::block_samples;  // samples that play() gives at a time
};

}  // namespace pqc::media::voice
