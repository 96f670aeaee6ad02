// A histogram of durations with buckets that grow with the value: every bucket is at most 1/128 of its value wide, so a
// percentile is exact to better than one per cent from a nanosecond to hours, in a fixed amount of memory.
// One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pqc::bench {

class Histogram {
 public:
  void record(std::uint64_t nanoseconds);
  void add(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;
  // The value that `percent` per cent of all values do not exceed: the upper end of its bucket, never above max().
  // 0 when nothing was recorded.
  [[nodiscard]] std::uint64_t percentile(double percent) const;

 private:
  static constexpr int linear_bits = 8;  // values below 256 have a bucket each
  static constexpr std::size_t half = std::size_t{1} << (linear_bits - 1);
  static constexpr std::size_t buckets = (64 - linear_bits + 2) * half;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_end(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace pqc::bench
