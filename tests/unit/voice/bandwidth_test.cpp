// The bandwidth estimator and what RateControl makes of it against a path of limited width, in virtual time.
#include <deque>
#include <random>

#include <gtest/gtest.h>

#include "media/voice/bandwidth_estimator.h"
#include "media/voice/limits.h"
#include "media/voice/rate_control.h"

namespace pqc::media::voice {
namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

constexpr std::uint32_t overhead = 76;

// A bottleneck with a queue, then 20 ms each way; loss by chance before it.
struct Path {
  double bits_per_second = 100'000;
  double loss = 0;
  Micros most_queue = 400ms;
  bool outage = false;  // nothing gets through, either way
};

class Call {
 public:
  explicit Call(const RateLimits& wanted = {}) : control_({.bitrate = 64'000}, wanted, overhead) {}

  Path path;
  Micros clock = 123s;  // the other side's, beyond ours

  void run(Micros length) {
    for (const auto end = now_ + length; now_ < end; now_ += 10ms) {
      if (++block_ % blocks_of(choice().duration) == 0) send();
      if (block_ % 10 == 0 && !path.outage) report();
      if (control_.poll(now_)) ++changes_;
    }
  }
  [[nodiscard]] const RateChoice& choice() const { return control_.choice(); }
  [[nodiscard]] double wire_bits() const { return wire_bits_per_second(choice(), overhead); }
  [[nodiscard]] int changes() const { return changes_; }
  [[nodiscard]] Micros queue() const { return std::max<Micros>(busy_until_ - now_, 0us); }
  // Since the last call.
  Micros worst_queue() { return std::exchange(worst_, 0us); }

 private:
  [[nodiscard]] std::uint32_t packet_bytes() const {
    const auto opus = static_cast<std::uint32_t>(opus_bytes(choice().bitrate, choice().duration));
    return overhead + 1 + opus * (choice().redundancy ? 2 : 1);
  }
  void send() {
    control_.sent(now_);
    const auto bytes = packet_bytes();
    const bool lost =
        path.outage || std::uniform_real_distribution(0.0, 1.0)(random_) < path.loss || queue() > path.most_queue;
    if (!lost) {
      const Micros takes(static_cast<std::int64_t>(bytes * 8e6 / path.bits_per_second));
      busy_until_ = std::max(busy_until_, now_) + takes;
      worst_ = std::max(worst_, queue());
    }
    flying_.push_back({.sent = now_, .arrived = busy_until_ + 20ms, .bytes = bytes, .lost = lost});
  }
  void report() {
    std::vector<PacketResult> results;
    const auto arrived = [&](const PacketResult& p) { return (p.lost ? p.sent + 60ms : p.arrived) + 20ms <= now_; };
    for (; !flying_.empty() && arrived(flying_.front()); flying_.pop_front()) {
      results.push_back(flying_.front());
      results.back().arrived += clock;
    }
    if (control_.feedback(results, now_)) ++changes_;
  }

  RateControl control_;
  int changes_ = 0;
  std::mt19937 random_{1};
  std::deque<PacketResult> flying_;
  Micros now_{0};
  std::uint64_t block_ = 0;
  Micros busy_until_{0};
  Micros worst_{0};
};

TEST(Bandwidth, AWidePathGetsTheBest) {
  Call call;
  call.path.bits_per_second = 2'000'000;
  call.run(40s);
  EXPECT_EQ(call.choice().bitrate, limits::most_bitrate);
  EXPECT_EQ(call.choice().duration, FrameDuration::ms10);
  EXPECT_FALSE(call.choice().redundancy);
}

TEST(Bandwidth, ALimitedPathIsFilledButNotItsQueue) {
  for (const double width : {110'000.0, 80'000.0, 60'000.0, 40'000.0}) {
    Call call;
    call.path.bits_per_second = width;
    call.run(20s);
    static_cast<void>(call.worst_queue());
    double sum = 0;
    for (int i = 0; i < 60; ++i) {
      call.run(1s);
      sum += call.wire_bits();
    }
    EXPECT_LT(call.worst_queue(), 300ms) << width;
    EXPECT_GT(sum / 60, 0.6 * width) << width;
    EXPECT_LT(sum / 60, 1.02 * width) << width;
  }
}

TEST(Bandwidth, ItFollowsAPathThatNarrowsAndWidens) {
  Call call;
  call.path.bits_per_second = 300'000;
  call.run(30s);
  EXPECT_GE(call.choice().bitrate, 64'000U);
  call.path.bits_per_second = 45'000;
  call.run(10s);
  EXPECT_LT(call.wire_bits(), 48'000);
  static_cast<void>(call.worst_queue());
  call.run(20s);
  EXPECT_LT(call.worst_queue(), 300ms);
  EXPECT_NE(call.choice().duration, FrameDuration::ms10);
  call.path.bits_per_second = 300'000;
  call.run(60s);
  EXPECT_GE(call.choice().bitrate, 64'000U);
  EXPECT_EQ(call.choice().duration, FrameDuration::ms10);
}

TEST(Bandwidth, AClockThatJumpsIsForgotten) {
  for (const Micros jump : {-500'000s, 500'000s}) {
    Call call;
    call.path.bits_per_second = 300'000;
    call.run(10s);
    call.clock += jump;
    call.run(10s);
    EXPECT_GE(call.choice().bitrate, 64'000U);
    call.path.bits_per_second = 45'000;
    call.run(10s);
    EXPECT_LT(call.wire_bits(), 48'000);
    static_cast<void>(call.worst_queue());
    call.run(20s);
    EXPECT_LT(call.worst_queue(), 300ms);
  }
}

TEST(Bandwidth, LossSwitchesRedundancyOnAndOff) {
  Call call;
  call.path = {.bits_per_second = 1'000'000, .loss = 0.06};
  call.run(20s);
  EXPECT_TRUE(call.choice().redundancy);
  EXPECT_GE(call.choice().bitrate, 24'000U);
  call.path.loss = 0;
  call.run(20s);
  EXPECT_FALSE(call.choice().redundancy);
}

TEST(Bandwidth, LossThatTheRateDoesNotCauseCostsNone) {
  Call call;
  call.path = {.bits_per_second = 1'000'000, .loss = 0.15};
  call.run(60s);
  EXPECT_TRUE(call.choice().redundancy);
  EXPECT_EQ(call.choice().duration, FrameDuration::ms10);
  EXPECT_GE(call.choice().bitrate, 48'000U);
}

TEST(Bandwidth, LossThatTheRateCausesEndsIt) {
  // No queue that could grow: what is too much is lost at once.
  Call call;
  call.path = {.bits_per_second = 60'000, .loss = 0, .most_queue = 25ms};
  call.run(15s);
  double sum = 0;
  for (int i = 0; i < 60; ++i) {
    call.run(1s);
    sum += call.wire_bits();
  }
  EXPECT_LT(sum / 60, 66'000);
  EXPECT_GT(sum / 60, 36'000);
}

TEST(Bandwidth, ChangesAreFew) {
  for (const double width : {2'000'000.0, 110'000.0, 60'000.0, 40'000.0}) {
    Call call;
    call.path.bits_per_second = width;
    call.run(30s);
    const auto before = call.changes();
    call.run(120s);
    EXPECT_LE(call.changes() - before, 30) << width;
  }
}

TEST(Bandwidth, ItKeepsToWhatTheOtherSideWants) {
  Call call({.highest_bitrate = 48'000, .longest = FrameDuration::ms20});
  call.path.bits_per_second = 2'000'000;
  call.run(20s);
  EXPECT_EQ(call.choice().bitrate, 48'000U);
  call.path.bits_per_second = 40'000;
  call.run(20s);
  EXPECT_EQ(call.choice().duration, FrameDuration::ms20);
  EXPECT_EQ(call.choice().bitrate, limits::least_bitrate);
}

// What goes out each 10 ms from then on, nobody tells of; answers how often the rate changed until `end`.
int send_on(RateControl& control, Micros from, Micros end) {
  int changes = 0;
  for (auto now = from; now <= end; now += 10ms) {
    control.sent(now);
    if (control.poll(now)) ++changes;
  }
  return changes;
}

TEST(Bandwidth, WithoutFeedbackItGoesDown) {
  RateControl control({.bitrate = 64'000}, {}, overhead);
  control.sent(99'990ms);
  const PacketResult one{.sent = 99'990ms, .arrived = 99'990ms, .bytes = 157};
  EXPECT_FALSE(control.feedback({&one, 1}, 100s));
  EXPECT_EQ(send_on(control, 100s, 100'990ms), 0);
  EXPECT_EQ(send_on(control, 101s, 101s), 1);
  EXPECT_EQ(send_on(control, 101'010ms, 101'990ms), 0);
  EXPECT_EQ(send_on(control, 102s, 102s), 1);
  EXPECT_EQ(control.choice().duration, FrameDuration::ms40);
  EXPECT_EQ(control.choice().bitrate, limits::least_bitrate);
}

// A device may take its time at the start of a call, or be lost.
TEST(Bandwidth, WhereNothingIsSentNoFeedbackIsMissed) {
  RateControl control({.bitrate = 64'000}, {}, overhead);
  EXPECT_FALSE(control.poll(1s));
  EXPECT_FALSE(control.poll(10s));
  EXPECT_EQ(send_on(control, 10s, 10'900ms), 0);
  const PacketResult one{.sent = 10s, .arrived = 10s, .bytes = 157};
  EXPECT_FALSE(control.feedback({&one, 1}, 10'950ms));
  EXPECT_FALSE(control.poll(20s));
  EXPECT_EQ(send_on(control, 20s, 20'900ms), 0);
  EXPECT_FALSE(control.poll(22s)) << "nothing goes out any more";
  EXPECT_EQ(send_on(control, 23s, 23s), 1) << "what went out before was never told of";
}

TEST(Bandwidth, WhereNoFeedbackEverComesItGoesDown) {
  RateControl control({.bitrate = 64'000}, {}, overhead);
  EXPECT_EQ(send_on(control, 100s, 102s), 2);
  EXPECT_EQ(control.choice(), (RateChoice{.bitrate = limits::least_bitrate, .duration = FrameDuration::ms40}));
}

TEST(Bandwidth, AnOutageCostsNoRateAfterIt) {
  for (const auto length : {500ms, 1'500ms, 3'000ms}) {
    Call call;
    call.path.bits_per_second = 1'000'000;
    call.run(20s);
    const auto before = call.choice();
    call.path.outage = true;
    call.run(length);
    call.path.outage = false;
    call.run(1'500ms);
    EXPECT_EQ(call.choice(), before) << length.count();
    call.run(10s);
    EXPECT_EQ(call.choice(), before) << length.count();
  }
}

TEST(Bandwidth, ASilenceForTooMuchIsNoOutage) {
  Call call;
  call.path.bits_per_second = 300'000;
  call.run(20s);
  call.path.outage = true;
  call.run(2s);
  call.path = {.bits_per_second = 45'000};
  call.run(10s);
  EXPECT_LT(call.wire_bits(), 48'000);
}

TEST(Bandwidth, AFewLossesOfLongFramesGetNoCopies) {
  for (const auto duration : {FrameDuration::ms10, FrameDuration::ms20, FrameDuration::ms40}) {
    const Micros spacing = 10ms * blocks_of(duration);
    BandwidthEstimator estimator(130'000);
    auto tell = [&, i = 0](bool lost) mutable {
      const Micros sent = spacing * i++;
      const PacketResult one{.sent = sent, .arrived = sent + 20ms, .bytes = 157, .lost = lost};
      estimator.feedback({&one, 1}, sent + 40ms);
    };
    for (int i = 0; i < 100; ++i) tell(false);
    for (int i = 0; i < 3; ++i) {
      tell(true);
      tell(false);
    }
    EXPECT_LT(estimator.loss(), 0.02) << spacing.count();
    for (int i = 0; i < 3; ++i) {
      tell(true);
      tell(false);
    }
    EXPECT_GE(estimator.loss(), 0.02) << spacing.count();
  }
}

TEST(Bandwidth, JitterIsNoQueue) {
  BandwidthEstimator estimator(130'000);
  std::mt19937 random(1);
  for (int i = 0; i < 6'000; ++i) {
    const Micros sent = 10ms * i;
    const Micros took(20'000 + random() % 60'000);
    const PacketResult one{.sent = sent, .arrived = sent + took, .bytes = 157};
    estimator.feedback({&one, 1}, sent + 80ms);
    ASSERT_GE(estimator.bits_per_second(), 110'000U) << i;
  }
}

TEST(Bandwidth, AnotherWayThroughTheNetworkIsNoQueue) {
  BandwidthEstimator estimator(130'000);
  for (int i = 0; i < 4'000; ++i) {
    const Micros sent = 10ms * i;
    const Micros took = i < 1'000 ? 20ms : 220ms;
    const PacketResult one{.sent = sent, .arrived = sent + took, .bytes = 157};
    estimator.feedback({&one, 1}, sent + 240ms);
    ASSERT_GE(estimator.bits_per_second(), 60'000U) << i;
  }
  EXPECT_GE(estimator.bits_per_second(), 130'000U);
}

TEST(Bandwidth, WhateverThePeerSaysItStaysWithinItsBounds) {
  RateControl control({.bitrate = 64'000}, {}, overhead);
  std::mt19937_64 random(1);
  for (int i = 0; i < 5'000; ++i) {
    const Micros arrived(static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 42))));
    const PacketResult one{.sent = 10ms * i, .arrived = arrived, .bytes = 157, .lost = random() % 3 == 0};
    static_cast<void>(control.feedback({&one, 1}, 10ms * i));
    ASSERT_GE(control.path().bits_per_second(), limits::least_path_rate);
    ASSERT_LE(control.path().bits_per_second(), limits::most_path_rate);
    ASSERT_GE(control.choice().bitrate, limits::least_bitrate);
    ASSERT_LE(control.choice().bitrate, limits::most_bitrate);
  }
}

TEST(Bandwidth, NothingComesOfNothing) {
  BandwidthEstimator estimator(64'000);
  estimator.feedback({}, 1s);
  EXPECT_EQ(estimator.bits_per_second(), 64'000U);
  EXPECT_EQ(BandwidthEstimator(1).bits_per_second(), limits::least_path_rate);
  EXPECT_EQ(BandwidthEstimator(4'000'000'000).bits_per_second(), limits::most_path_rate);
}

TEST(RateChoice, SmallChangesChangeNothing) {
  const auto choose = [](std::uint32_t bits, double loss, const RateChoice& now) {
    return choose_rate({.bits_per_second = bits, .loss = loss, .overhead_bytes = overhead}, now);
  };
  const RateChoice now{.bitrate = 64'000};
  const auto headers = 8 * (overhead + 1) * 100;
  EXPECT_EQ(choose(headers + 64'000, 0, now), now);
  EXPECT_EQ(choose(headers + 71'000, 0, now), now);
  EXPECT_EQ(choose(headers + 72'000, 0, now).bitrate, 72'000U);
  EXPECT_EQ(choose(headers + 63'000, 0, now).bitrate, 60'000U);
  EXPECT_FALSE(choose(400'000, 0.01, now).redundancy);
  EXPECT_TRUE(choose(400'000, 0.01, {.bitrate = 64'000, .redundancy = true}).redundancy);
}

TEST(RateChoice, ANarrowPathGetsLongFramesAndNoCopies) {
  const auto choice =
      choose_rate({.bits_per_second = 20'000, .loss = 0.1, .overhead_bytes = overhead}, {.bitrate = 64'000});
  EXPECT_EQ(choice,
            (RateChoice{.bitrate = limits::least_bitrate, .duration = FrameDuration::ms40, .redundancy = false}));
}

}  // namespace
}  // namespace pqc::media::voice
