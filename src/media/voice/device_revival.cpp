#include "media/voice/device_revival.h"

#include <utility>

#include "media/voice/limits.h"

namespace pqc::media::voice {

DeviceRevival::DeviceRevival(Open open) : open_(std::move(open)) {}

void DeviceRevival::begin(Micros now) {
  if (busy_ || (began_ && now - *began_ < limits::revive_after)) return;
  began_ = now;
  busy_ = true;
  thread_ = std::jthread([this](const std::stop_token& stop) { open(stop); });
}

void DeviceRevival::open(const std::stop_token& stop) {
  auto ports = open_(stop);
  {
    const std::lock_guard lock(mutex_);
    opened_ = std::move(ports);
  }
  busy_ = false;
}

std::optional<DeviceRevival::Ports> DeviceRevival::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(opened_, std::nullopt);
}

}  // namespace pqc::media::voice
