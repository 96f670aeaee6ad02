// How much a path carries, from what the other side says about packets that were sent: draft-ietf-rmcat-gcc-02, delay
// gradient by a trend line (as later implementations do in place of §5.3's Kalman filter) and loss (§6). Pure; not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

namespace pqc::media::voice {

struct PacketResult {
  std::chrono::microseconds sent{0};     // our clock
  std::chrono::microseconds arrived{0};  // the other side's clock; not looked at where lost
  std::uint32_t bytes = 0;               // on the wire, headers included
  bool lost = false;
};

class BandwidthEstimator {
 public:
  explicit BandwidthEstimator(std::uint32_t start_bits_per_second);
  ~BandwidthEstimator();
  BandwidthEstimator(const BandwidthEstimator&) = delete;
  BandwidthEstimator& operator=(const BandwidthEstimator&) = delete;

  // One feedback report, in the order of sending. `now` is our clock and never goes back.
  // Answers whether a silence turned out to be no fault of the rate, which is again what it was before.
  bool feedback(std::span<const PacketResult> results, std::chrono::microseconds now);

  // A packet goes out.
  void sent(std::chrono::microseconds now);
  // Now and then: whether packets go out, and none was told to have arrived for so long that there is less to be had.
  // Where all is too much, feedback is lost with the rest.
  bool silent(std::chrono::microseconds now);
  // From such a silence until it is known whose fault it was.
  [[nodiscard]] bool paused() const;

  [[nodiscard]] std::uint32_t bits_per_second() const;
  // Of the last few seconds and of the last few hundred packets, the lesser, 0 to 1; without outages.
  [[nodiscard]] double loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pqc::media::voice
