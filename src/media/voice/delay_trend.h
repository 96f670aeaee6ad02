// Whether a path's queue grows, from send and arrival times (draft-ietf-rmcat-gcc-02 §5.1, §5.2, §5.4; a trend line
// over the delays in place of §5.3's filter). Pure; not thread-safe; no allocation.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace pqc::media::voice {

enum class PathUse : std::uint8_t { normal, over, under };

class DelayTrend {
 public:
  using Micros = std::chrono::microseconds;

  DelayTrend();

  // The next packet that arrived, in the order of sending; one that comes behind later ones is passed over.
  void add(Micros sent, Micros arrived);
  [[nodiscard]] PathUse use() const { return use_; }

 private:
  static constexpr std::size_t window = 20;
  struct Group {
    Micros first_sent{0};
    Micros last_sent{0};
    Micros arrived{0};
  };
  struct Point {
    double at = 0;     // ms of arrival
    double delay = 0;  // ms, smoothed
  };

  void close_group();
  [[nodiscard]] double slope() const;
  void detect(double trend, Micros now);
  void adapt_threshold(double trend, Micros now);

  std::optional<Group> current_;
  std::optional<Group> previous_;
  Micros origin_{0};  // the first arrival
  double sum_ = 0;
  double smoothed_ = 0;
  std::array<Point, window> points_{};
  std::size_t count_ = 0;
  double threshold_;
  double last_trend_ = 0;
  Micros last_update_{0};
  Micros over_for_{0};
  PathUse use_ = PathUse::normal;
};

}  // namespace pqc::media::voice
