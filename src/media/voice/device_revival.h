// Opens devices anew that were lost in the middle of a call, on a thread of its own: a server that hangs must not hold
// up the engine. begin() and take() on the engine's thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "media/voice/sound_port.h"

namespace pqc::media::voice {

class DeviceRevival {
 public:
  // Null: that one is no device, and stays.
  struct Ports {
    std::unique_ptr<SoundSource> source;
    std::unique_ptr<SoundSink> sink;
  };
  // Nothing where they cannot be opened; comes back soon after a stop was requested.
  using Open = std::function<std::optional<Ports>(const std::stop_token& stop)>;

  explicit DeviceRevival(Open open);
  DeviceRevival(const DeviceRevival&) = delete;
  DeviceRevival& operator=(const DeviceRevival&) = delete;

  // Tries, unless that is under way or was begun less than limits::revive_after ago.
  void begin(Micros now);
  // What was opened since, once.
  [[nodiscard]] std::optional<Ports> take();

 private:
  void open(const std::stop_token& stop);

  Open open_;
  std::mutex mutex_;  // of opened_
  std::optional<Ports> opened_;
  std::atomic<bool> busy_{false};
  std::optional<Micros> began_;
  std::jthread thread_;  // last, so that it ends first
};

}  // namespace pqc::media::voice
