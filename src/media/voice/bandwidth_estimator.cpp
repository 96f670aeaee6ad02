#include "media/voice/bandwidth_estimator.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

#include "media/voice/delay_trend.h"
#include "media/voice/limits.h"
#include "media/voice/queue_delay.h"

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
// A trend counts when packets wait for so long at all: jitter has trends too. And what waits for so long is too much
// without any trend: a queue that is full grows no more.
constexpr auto least_queue = 15ms;
constexpr auto long_queue = 100ms;
// What is left of it when less was sent for so long; if more, it was no queue but another way through the network.
constexpr auto drain_time = 2s;
constexpr double drained = 0.9;
// §6: shares of loss, and how much more a second without.
constexpr double much_loss = 0.10;
constexpr double little_loss = 0.02;
constexpr double loss_growth_a_second = 1.08;
// How long a loss is remembered, and to see how much too much was sent. For the choice of copies in packets too: of
// long frames one or two would be much in so short a time.
constexpr auto loss_memory = 2s;
constexpr auto fresh_memory = 400ms;
constexpr double lasting_memory = 200;
// When so many packets in a row are lost over so long, nothing gets through, whatever the rate.
constexpr auto outage_time = 100ms;
constexpr int outage_packets = 5;
// What was sent before a silence is sent again when so many packets after it met neither a queue nor more loss.
constexpr int packets_after_silence = 25;
constexpr auto most_gap = 100ms;
// Whether loss comes from the rate is known when it was lower for so long, and so many packets were told of.
constexpr auto trial_time = 2s;
constexpr int trial_packets = 50;
// What stays of the loss then, if it did; how much more there has to be, when it did not, to try again; and what is
// always held to come from the rate.
constexpr double loss_that_stays = 0.5;
constexpr double worse = 1.5;
constexpr double no_chance = 0.3;
// Of the rate, when nothing is heard for so long, and each such time again.
constexpr auto silence = 1s;
// Nobody tells of what does not go out: not while the last packet went so long ago.
constexpr auto still_sending = 500ms;
constexpr double after_silence = 0.5;

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

  // What is lost is told later than what arrived, so each packet counts for the usual time between two. An outage tells
  // nothing of the rate: its packets count as never sent.
  void take_loss(const PacketResult& result) {
    if (last_sent && result.sent > *last_sent) {
      const auto gap = std::min<Micros>(result.sent - *last_sent, most_gap);
      spacing += 0.1 * (static_cast<double>(gap.count()) - spacing);
    }
    last_sent = std::max(last_sent.value_or(result.sent), result.sent);
    if (in_outage(result)) {
      lost = run->before;
      if (pause) pause->told = pause->lost = 0;
      return;
    }
    const auto share = [&](Micros memory) { return std::min(spacing / static_cast<double>(memory.count()), 0.25); };
    lost.add(result.lost ? 1 : 0, share(loss_memory), share(fresh_memory));
    if (trial) ++trial->packets;
    if (!pause) return;
    ++pause->told;
    if (result.lost) ++pause->lost;
  }

  bool in_outage(const PacketResult& result) {
    if (!result.lost) {
      run.reset();
      return false;
    }
    if (!run) run = Run{.began = result.sent, .packets = 0, .before = lost};
    return ++run->packets >= outage_packets && result.sent - run->began >= outage_time;
  }

  void take(const PacketResult& result) {
    take_loss(result);
    if (result.lost) return;
    if (jumped(result)) {
      arrivals.clear();
      trend = DelayTrend();
      queue = QueueDelay();
    }
    last_arrived = result;
    trend.add(result.sent, result.arrived);
    queue.add(result.sent, result.arrived);
    arrivals.push_back({.at = std::max(result.arrived, arrivals.empty() ? result.arrived : arrivals.back().at),
                        .bytes = static_cast<double>(result.bytes)});
    const auto too_old = [&] { return arrivals.back().at - arrivals.front().at > arriving_window; };
    while (too_old() || arrivals.size() > limits::arrivals_kept) arrivals.pop_front();
  }

  PathUse use(Micros now) {
    const auto waiting = queue.waiting();
    const bool stands = stands_too_long(waiting, now);
    if (trend.use() == PathUse::over && waiting < least_queue) return PathUse::normal;
    return trend.use() == PathUse::normal && stands ? PathUse::over : trend.use();
  }

  // Once for each time that a queue has to drain.
  bool stands_too_long(Micros waiting, Micros now) {
    if (waiting <= long_queue) {
      standing.reset();
      return false;
    }
    if (standing && now - standing->at < drain_time) return false;
    if (standing && static_cast<double>(waiting.count()) > drained * static_cast<double>(standing->waiting.count())) {
      queue = QueueDelay();
      standing.reset();
      return false;
    }
    standing = Standing{.at = now, .waiting = waiting};
    return true;
  }

  void follow_delay(double seconds, Micros now) {
    const auto rate = arriving();
    switch (use(now)) {
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

  // Less is sent, by what is lost; if as much is lost then, it was not for the rate.
  void follow_loss(double seconds, Micros now) {
    if (trial && trial->packets >= trial_packets && now - trial->at >= trial_time) end_trial();
    if (lost.late < little_loss) not_ours = 0;
    const double usual = std::max(worse * not_ours, trial ? worse * trial->loss : 0);
    const bool much =
        lost.fresh > much_loss && lost.late > much_loss && (lost.late > usual || (!trial && lost.late > no_chance));
    if (much) {
      trial = Trial{.loss = lost.fresh, .before = bits(), .at = now, .packets = 0};
      by_loss = trial->before * (1 - lost.fresh);
    } else if (lost.late < little_loss || (!trial && lost.late < worse * not_ours)) {
      by_loss *= std::pow(loss_growth_a_second, seconds);
    }
  }

  void end_trial() {
    if (lost.late > loss_that_stays * trial->loss && lost.late < no_chance) {
      not_ours = std::max(lost.late, trial->loss);
      by_loss = trial->before;
    }
    trial.reset();
  }

  void fall_silent() {
    if (heard && !pause) pause = Pause{.by_delay = by_delay, .by_loss = by_loss, .usual = lost.late};
    by_delay = held(bits() * after_silence);
  }

  // Whether a silence was no fault of the rate, which is then what it was before.
  bool resume() {
    if (!pause || pause->told < packets_after_silence) return false;
    const auto before = *std::exchange(pause, std::nullopt);
    const bool more_loss = before.lost > (before.usual + much_loss) * before.told;
    if (more_loss || trend.use() == PathUse::over || queue.waiting() >= least_queue) return false;
    by_delay = std::max(by_delay, before.by_delay);
    by_loss = std::max(by_loss, before.by_loss);
    return true;
  }

  [[nodiscard]] double bits() const { return std::min(by_delay, by_loss); }

  struct Standing {
    Micros at;
    Micros waiting;
  };

  // Shares of the packets that were lost, the newest counting most.
  struct Averages {
    double late = 0;     // of loss_memory
    double fresh = 0;    // of fresh_memory
    double lasting = 0;  // of lasting_memory

    void add(double one, double late_share, double fresh_share) {
      late += (one - late) * late_share;
      fresh += (one - fresh) * fresh_share;
      lasting += (one - lasting) / lasting_memory;
    }
  };

  // Packets that were lost in a row.
  struct Run {
    Micros began;
    int packets;
    Averages before;
  };

  // What was before a silence, and how packets fared that came after it.
  struct Pause {
    double by_delay;
    double by_loss;
    double usual;  // loss
    int told = 0;
    int lost = 0;
  };

  struct Trial {
    double loss;    // that led to it
    double before;  // the rate, bits a second
    Micros at;
    int packets;
  };

  struct Arrival {
    Micros at;
    double bytes;
  };

  double by_delay;
  double by_loss;
  Averages lost;
  std::optional<Run> run;
  std::optional<Pause> pause;
  double spacing = 10'000;  // microseconds from packet to packet
  double not_ours = 0;      // the loss that a lower rate did not change
  std::optional<Trial> trial;
  DelayTrend trend;
  QueueDelay queue;
  std::optional<Standing> standing;
  std::deque<Arrival> arrivals;
  std::optional<PacketResult> last_arrived;
  std::optional<Micros> last_sent;
  std::optional<double> too_much;
  std::optional<Micros> last_feedback;
  bool heard = false;             // whether a packet was ever told to have arrived
  std::optional<Micros> awaited;  // since when one should be, if one should
  Micros went_out{0};             // when the last packet did
  Micros last_decrease{-1s};
  Micros last_silence{-1s};
};

BandwidthEstimator::BandwidthEstimator(std::uint32_t start_bits_per_second)
    : state_(std::make_unique<State>(start_bits_per_second)) {}
BandwidthEstimator::~BandwidthEstimator() = default;

bool BandwidthEstimator::feedback(std::span<const PacketResult> results, Micros now) {
  if (results.empty()) return false;
  auto& s = *state_;
  for (const auto& result : results) s.take(result);
  if (std::ranges::any_of(results, [](const auto& result) { return !result.lost; })) {
    s.heard = true;
    s.awaited.reset();
  }
  const auto since = s.last_feedback ? std::clamp<Micros>(now - *s.last_feedback, 0us, 1s) : 0us;
  s.last_feedback = now;
  const double seconds = static_cast<double>(since.count()) / 1e6;
  s.follow_delay(seconds, now);
  s.follow_loss(seconds, now);
  const bool resumed = s.resume();
  s.by_delay = State::held(s.by_delay);
  // Loss can only hold back; what it allows beyond the delay's answer is not remembered.
  s.by_loss = State::held(std::min(s.by_loss, 1.5 * s.by_delay));
  return resumed;
}

void BandwidthEstimator::sent(Micros now) {
  if (!state_->awaited) state_->awaited = now;
  state_->went_out = now;
}

bool BandwidthEstimator::silent(Micros now) {
  auto& s = *state_;
  if (!s.awaited || now - s.went_out >= still_sending || now - std::max(*s.awaited, s.last_silence) < silence)
    return false;
  s.last_silence = now;
  s.fall_silent();
  return true;
}

bool BandwidthEstimator::paused() const {
  return state_->pause.has_value();
}

std::uint32_t BandwidthEstimator::bits_per_second() const {
  return static_cast<std::uint32_t>(state_->bits());
}

double BandwidthEstimator::loss() const {
  return std::min(state_->lost.late, state_->lost.lasting);
}

}  // namespace pqc::media::voice
