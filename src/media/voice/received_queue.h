// Payloads on their way from the network's thread to the engine's. Memory is fixed; when it is full the newest are
// dropped, as a network would. Any thread.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "media/voice/limits.h"
#include "media/voice/voice_engine.h"

namespace pqc::media::voice {

class ReceivedQueue {
 public:
  struct Item {
    std::uint32_t timestamp = 0;
    Micros arrival{0};
    std::size_t size = 0;
    std::array<std::uint8_t, limits::payload_bytes> bytes{};
    [[nodiscard]] ByteView payload() const { return ByteView(bytes).first(size); }
  };

  // One that is longer than any payload is kept as an empty one, which the jitter buffer counts as malformed.
  void push(std::uint32_t timestamp, ByteView payload, Micros arrival) {
    const std::lock_guard lock(mutex_);
    if (count_ == items_.size()) return;
    auto& item = items_[count_++];
    item.timestamp = timestamp;
    item.arrival = arrival;
    item.size = payload.size() <= item.bytes.size() ? payload.size() : 0;
    std::copy_n(payload.begin(), item.size, item.bytes.begin());
  }

  // In the order of push().
  template <class Take>
  void take_all(const Take& take) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count_; ++i) take(items_[i]);
    count_ = 0;
  }

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::vector<Item> items_ = std::vector<Item>(limits::received_waiting);
};

}  // namespace pqc::media::voice
