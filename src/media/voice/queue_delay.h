// How long packets wait on a path beyond the fastest of the last half minute. What is looked at is the fastest of the
// last few packets: a queue holds up every one, jitter does not. Pure; not thread-safe; no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace pqc::media::voice {

class QueueDelay {
 public:
  using Micros = std::chrono::microseconds;

  // A packet that arrived; its times are of two clocks.
  void add(Micros sent, Micros arrived) {
    const auto took = arrived - sent;
    const auto second = std::chrono::floor<std::chrono::seconds>(sent).count();
    const auto place = static_cast<std::size_t>(second % static_cast<std::int64_t>(seconds));
    auto& window = fastest_[place];
    window = window.second == second ? Window{second, std::min(window.took, took)} : Window{second, took};
    newest_ = std::max(newest_, second);
    latest_[count_++ % latest_.size()] = took;
  }
  // Zero before there are enough packets.
  [[nodiscard]] Micros waiting() const {
    if (count_ < latest_.size()) return Micros(0);
    auto base = Micros::max();
    for (const auto& window : fastest_) {
      if (newest_ - window.second < static_cast<std::int64_t>(seconds)) base = std::min(base, window.took);
    }
    return std::max(std::ranges::min(latest_) - base, Micros(0));
  }

 private:
  static constexpr std::size_t seconds = 30;
  struct Window {
    std::int64_t second = -static_cast<std::int64_t>(seconds) - 1;
    Micros took{0};
  };

  std::array<Window, seconds> fastest_{};
  std::int64_t newest_ = 0;
  std::array<Micros, 25> latest_{};
  std::size_t count_ = 0;
};

}  // namespace pqc::media::voice
