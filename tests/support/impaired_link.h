// What a bad network does to the packets of one direction: loss, bursts of loss (Gilbert-Elliott), a bottleneck with a
// bounded queue, delay and jitter, packets that come later or twice. Pure: times are given, and what happens is drawn
// from a seed. Every packet takes the same number of draws, so what one setting does to the n-th packet does not depend
// on the others.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>

namespace pqc::test {

// Shares are 0 to 1. All that is zero does nothing.
struct Impairment {
  using Micros = std::chrono::microseconds;

  double loss = 0;  // of the packets, each for itself
  // Good and bad times by turns, each packet one step (Gilbert-Elliott): the chance to enter a bad time, to leave it,
  // and the share that is lost in one.
  double burst_enter = 0;
  double burst_leave = 1;
  double burst_loss = 1;
  std::uint64_t bits_per_second = 0;  // of the bottleneck; 0: as wide as it gets
  Micros queue{200'000};              // of it, at most; what would wait for longer is dropped
  Micros delay{0};
  Micros jitter{0};         // evenly distributed around the delay, each packet for itself
  bool keep_order = false;  // jitter does not let packets overtake each other
  double reorder = 0;       // share of the packets that come later by
  Micros reorder_by{25'000};
  double duplicate = 0;
};

class ImpairedLink {
 public:
  using Micros = std::chrono::microseconds;

  struct Counts {
    std::uint64_t packets = 0;  // that were sent; each is passed, lost or dropped
    std::uint64_t bytes = 0;
    std::uint64_t passed = 0;
    std::uint64_t passed_bytes = 0;
    std::uint64_t lost = 0;
    std::uint64_t dropped = 0;  // by the full queue
    std::uint64_t repeated = 0;
  };
  // When the packet comes out: never, once or twice.
  class Exits {
   public:
    void add(Micros at) { times_[count_++] = at; }
    [[nodiscard]] std::span<const Micros> times() const { return std::span(times_).first(count_); }

   private:
    std::array<Micros, 2> times_{};
    std::size_t count_ = 0;
  };

  explicit ImpairedLink(std::uint64_t seed) : random_(seed) {}

  // From the next packet on; what is on its way stays as it is.
  void set(const Impairment& impairment) { now_ = impairment; }

  // `at` never goes back.
  Exits send(std::size_t bytes, Micros at) {
    const Draws drawn = draw();
    ++counts_.packets;
    counts_.bytes += bytes;
    if (lost(drawn)) {
      ++counts_.lost;
      return {};
    }
    if (!join_queue(bytes, at)) {
      ++counts_.dropped;
      return {};
    }
    ++counts_.passed;
    counts_.passed_bytes += bytes;
    return exits(leaves_queue_, drawn);
  }

  // How long a packet would wait at the bottleneck.
  [[nodiscard]] Micros waiting(Micros at) const { return std::max(leaves_queue_ - at, Micros(0)); }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Draws {
    double loss, burst_turn, burst_loss, jitter, reorder, duplicate;
  };

  // The same on every machine, which the standard's distributions are not.
  double chance() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }
  Draws draw() {
    return {.loss = chance(),
            .burst_turn = chance(),
            .burst_loss = chance(),
            .jitter = chance(),
            .reorder = chance(),
            .duplicate = chance()};
  }

  bool lost(const Draws& drawn) {
    bad_time_ = bad_time_ ? drawn.burst_turn >= now_.burst_leave : drawn.burst_turn < now_.burst_enter;
    return drawn.loss < now_.loss || (bad_time_ && drawn.burst_loss < now_.burst_loss);
  }

  bool join_queue(std::size_t bytes, Micros at) {
    const auto begins = std::max(leaves_queue_, at);
    if (now_.bits_per_second == 0) {
      leaves_queue_ = begins;
      return true;
    }
    if (begins - at > now_.queue) return false;
    leaves_queue_ = begins + Micros(bytes * 8'000'000 / now_.bits_per_second);
    return true;
  }

  Exits exits(Micros from, const Draws& drawn) {
    const auto spread = static_cast<double>(now_.jitter.count()) * (2 * drawn.jitter - 1);
    auto at = std::max(from, from + now_.delay + Micros(static_cast<std::int64_t>(spread)));
    if (now_.keep_order) at = std::max(at, last_exit_);
    last_exit_ = std::max(at, last_exit_);
    Exits out;
    if (drawn.reorder < now_.reorder) at += now_.reorder_by;
    out.add(at);
    if (drawn.duplicate < now_.duplicate) {
      out.add(at + repeated_after);
      ++counts_.repeated;
    }
    return out;
  }

  static constexpr Micros repeated_after{3'000};

  Impairment now_;
  std::mt19937_64 random_;
  bool bad_time_ = false;
  Micros leaves_queue_{0};
  Micros last_exit_{0};
  Counts counts_;
};

}  // namespace pqc::test
