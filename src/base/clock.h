// Time as an input. Protocol code takes a Clock or a time; only programs and tests choose which.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace pqc {

// Milliseconds since 1970-01-01T00:00:00Z, as it stands in signed structures and messages. The wire may bring any
// value, so sums and differences stop at the ends of the range.
struct UnixMillis {
  std::int64_t value = 0;
  friend auto operator<=>(UnixMillis, UnixMillis) = default;
  friend UnixMillis operator+(UnixMillis t, std::chrono::milliseconds d) { return {sum(t.value, d.count())}; }
  friend UnixMillis operator-(UnixMillis t, std::chrono::milliseconds d) { return {difference(t.value, d.count())}; }
  friend std::chrono::milliseconds operator-(UnixMillis a, UnixMillis b) {
    return std::chrono::milliseconds(difference(a.value, b.value));
  }

 private:
  using Range = std::numeric_limits<std::int64_t>;
  static std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_add_overflow(a, b, &out)) return b < 0 ? Range::min() : Range::max();
    return out;
  }
  static std::int64_t difference(std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_sub_overflow(a, b, &out)) return b < 0 ? Range::max() : Range::min();
    return out;
  }
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UnixMillis now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis now() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }
};

// A clock that a test sets.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis start = {1'700'000'000'000}) : now_(start) {}
  [[nodiscard]] UnixMillis now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ = now_ + by; }
  void set(UnixMillis t) { now_ = t; }

 private:
  UnixMillis now_;
};

}  // namespace pqc
