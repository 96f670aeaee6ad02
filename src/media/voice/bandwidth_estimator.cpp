#include "media/voice/bandwidth_estimator.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "media/voice/delay_trend.h"
#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

// §5.5: what overuse leaves of the rate that arrives; growth a second far from and near what once was too much.
constexpr double after_overuse = 0.85;
constexpr double growth_a_second = 1.08;
constexpr double near_growth_bits = 6'000;
// More than this times what arrives was never tried.
constexpr double beyond_arriving = 1.5;
constexpr double beyond_arriving_bits = 10'000;
constexpr auto arriving_window = 500ms;
// Clocks that part by more than this between two packets have jumped: what was seen before says nothing any more.
constexpr auto clock_jump = 3s;
// An overuse is answered once in this time: what was sent before the answer is still on its way.
constexpr auto decrease_pause = 300ms;
// §6: shares of loss, and how much more a second without.
constexpr double much_loss = 0.10;
constexpr double little_loss = 0.02;
constexpr double loss_growth_a_second = 1.08;
// A packet in so many: about two seconds.
constexpr double loss_memory = 150;

}  // namespace

struct BandwidthEstimator::State {
  explicit State(double start) : by_delay(held(start)), by_loss(by_delay) {}

  static double held(double bits) { return std::clamp<double>(bits, limits::least_path_rate, limits::most_path_rate); }

  // Bits a second that arrived of late; nothing before there is a window of it.
  [[nodiscard]] std::optional<double> arriving() const {
    if (arrivals.size() < 2) return std::nullopt;
    const auto span = arrivals.back().at - arrivals.front().at;
    if (span < arriving_window / 2) return std::nullopt;
    double bytes = 0;
    for (const auto& arrival : arrivals) bytes += arrival.bytes;
    // The first one's bytes came before the span.
    bytes -= arrivals.front().bytes;
    return bytes * 8e6 / static_cast<double>(span.count());
  }

  [[nodiscard]] bool jumped(const PacketResult& result) const {
    if (!last_arrived) return false;
    const auto apart = (result.arrived - last_arrived->arrived) - (result.sent - last_arrived->sent);
    return std::chrono::abs(apart) > clock_jump;
  }

  void take(const PacketResult& result) {
    loss += ((result.lost ? 1.0 : 0.0) - loss) / loss_memory;
    if (result.lost) return;
    if (jumped(result)) {
      arrivals.clear();
      trend = DelayTrend();
    }
    last_arrived = result;
    trend.add(result.sent, result.arrived);
    arrivals.push_back({.at = std::max(result.arrived, arrivals.empty() ? result.arrived : arrivals.back().at),
                        .bytes = static_cast<double>(result.bytes)});
    const auto too_old = [&] { return arrivals.back().at - arrivals.front().at > arriving_window; };
    while (too_old() || arrivals.size() > limits::arrivals_kept) arrivals.pop_front();
  }

  void follow_delay(double seconds, Micros now) {
    const auto rate = arriving();
    switch (trend.use()) {
      case PathUse::under:
        return;  // the queue empties: wait
      case PathUse::over:
        if (now - last_decrease < decrease_pause) return;
        too_much = rate.value_or(by_delay);
        by_delay = std::min(by_delay, after_overuse * *too_much);
        last_decrease = now;
        return;
      case PathUse::normal:
        break;
    }
    // Beyond what once was too much nothing is known any more.
    if (too_much && by_delay > 1.2 * *too_much) too_much.reset();
    const bool near = too_much && by_delay > 0.8 * *too_much;
    const double grown = near ? by_delay + near_growth_bits * seconds : by_delay * std::pow(growth_a_second, seconds);
    const double most = rate ? std::max(by_delay, beyond_arriving * *rate + beyond_arriving_bits) : grown;
    by_delay = std::min(grown, most);
  }

  void follow_loss(double seconds, double fresh_loss, Micros now) {
    if (fresh_loss > much_loss && loss > much_loss) {
      if (now - last_loss_decrease < decrease_pause) return;
      by_loss = std::min(by_loss, bits()) * (1 - 0.5 * fresh_loss);
      last_loss_decrease = now;
    } else if (loss < little_loss) {
      by_loss *= std::pow(loss_growth_a_second, seconds);
    }
  }

  [[nodiscard]] double bits() const { return std::min(by_delay, by_loss); }

  struct Arrival {
    Micros at;
    double bytes;
  };

  double by_delay;
  double by_loss;
  double loss = 0;
  DelayTrend trend;
  std::deque<Arrival> arrivals;
  std::optional<PacketResult> last_arrived;
  std::optional<double> too_much;
  std::optional<Micros> last_feedback;
  Micros last_decrease{-1s};
  Micros last_loss_decrease{-1s};
};

BandwidthEstimator::BandwidthEstimator(std::uint32_t start_bits_per_second)
    : state_(std::make_unique<State>(start_bits_per_second)) {}
BandwidthEstimator::~BandwidthEstimator() = default;

void BandwidthEstimator::feedback(std::span<const PacketResult> results, Micros now) {
  if (results.empty()) return;
  auto& s = *state_;
  for (const auto& result : results) s.take(result);
  const auto lost = static_cast<double>(std::ranges::count_if(results, &PacketResult::lost));
  const auto since = s.last_feedback ? std::clamp<Micros>(now - *s.last_feedback, 0us, 1s) : 0us;
  s.last_feedback = now;
  const double seconds = static_cast<double>(since.count()) / 1e6;
  s.follow_delay(seconds, now);
  s.follow_loss(seconds, lost / static_cast<double>(results.size()), now);
  s.by_delay = State::held(s.by_delay);
  // Loss can only hold back; what it allows beyond the delay's answer is not remembered.
  s.by_loss = State::held(std::min(s.by_loss, 1.5 * s.by_delay));
}

std::uint32_t BandwidthEstimator::bits_per_second() const {
  return static_cast<std::uint32_t>(state_->bits());
}

double BandwidthEstimator::loss() const {
  return state_->loss;
}

}  // namespace pqc::media::voice
