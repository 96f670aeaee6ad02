// One direction of a recorded call as sound, in blocks of 10 ms: frames go where their timestamps put them, lost ones
// are played from copies, made up for a moment, or silence (docs/spec/recording.md §4). Memory is bounded. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "media/voice/limits.h"
#include "media/voice/opus_codec.h"

namespace pqc::client {

class Track {
 public:
  using Block = std::span<std::int16_t, media::voice::limits::block_samples>;

  [[nodiscard]] static std::optional<Track> create();

  // A frame that passed at `time`; times never fall. What is no frame is left out.
  void add(std::chrono::milliseconds time, std::uint32_t timestamp, ByteView payload);
  // The next block: the first one is that of time 0.
  void take(Block out);
  // One behind the last block that holds sound so far.
  [[nodiscard]] std::int64_t end() const { return end_; }

 private:
  struct Frame {
    std::size_t blocks = 1;
    Bytes packet;
  };

  explicit Track(media::voice::Decoder decoder) : decoder_(std::move(decoder)) {}
  std::int64_t place(std::int64_t now, std::uint32_t timestamp);
  void follow_drift(std::int64_t now, std::int64_t lateness);
  void put(std::int64_t block, std::size_t blocks, ByteView packet);

  media::voice::Decoder decoder_;
  std::map<std::int64_t, Frame> frames_;
  std::int64_t next_ = 0;  // the block that is taken next
  std::int64_t end_ = 0;

  // Where timestamps lie: `timestamp_` is in `block_`.
  bool begun_ = false;
  std::uint32_t timestamp_ = 0;
  std::int64_t block_ = 0;
  // How much later than its place the fastest frame of this window came, in blocks.
  std::int64_t window_ = 0;
  std::int64_t least_lateness_ = 0;

  std::array<std::int16_t, media::voice::limits::longest_frame_samples> decoded_{};
  std::size_t left_ = 0;  // samples of decoded_ that were not taken yet, its last ones
  std::size_t decoded_size_ = 0;
  std::size_t made_up_ = 0;  // blocks since the last frame
};

}  // namespace pqc::client
