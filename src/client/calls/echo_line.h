// What an echo service says: the frames that it hears, each as it came, a moment later (docs/spec/calls.md §10).
// Nothing is decoded. Memory is fixed. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "client/limits.h"
#include "media/voice/payload.h"

namespace pqc::client {

class EchoLine {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Frame {
    Time due;
    std::uint32_t timestamp = 0;
    std::size_t size = 0;
    std::array<std::uint8_t, limits::call_frame_bytes> bytes{};
    [[nodiscard]] ByteView payload() const { return ByteView(bytes).first(size); }
  };

  // What is more than fits is not sent back. That the other side records is its own to say, not ours.
  void received(std::uint32_t timestamp, ByteView payload, Time now) {
    if (count_ == frames_->size() || payload.size() > limits::call_frame_bytes) return;
    auto& frame = (*frames_)[(first_ + count_) % frames_->size()];
    frame.due = now + limits::echo_delay;
    frame.timestamp = timestamp;
    frame.size = payload.size();
    std::ranges::copy(payload, frame.bytes.begin());
    media::voice::mark_recorded(ByteSpan(frame.bytes).first(frame.size), false);
    ++count_;
  }

  // The next frame that is due, there until the next call of received().
  [[nodiscard]] const Frame* take(Time now) {
    if (count_ == 0 || (*frames_)[first_].due > now) return nullptr;
    const auto* const frame = &(*frames_)[first_];
    first_ = (first_ + 1) % frames_->size();
    --count_;
    return frame;
  }
  // When the next one is.
  [[nodiscard]] std::optional<Time> next() const {
    return count_ == 0 ? std::nullopt : std::optional((*frames_)[first_].due);
  }

 private:
  using Frames = std::array<Frame, limits::echo_frames>;
  std::unique_ptr<Frames> frames_ = std::make_unique<Frames>();
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace pqc::client
