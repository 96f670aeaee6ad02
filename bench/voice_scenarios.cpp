#include "voice_scenarios.h"

#include <cstdio>

#include "support/voice_path.h"

namespace pqc::bench {

namespace {

using namespace std::chrono_literals;
using media::voice::Micros;
using test::Impairment;
using test::VoiceMoment;

constexpr Micros quiet_before = 20s;
constexpr Micros trouble = 60s;
constexpr Micros quiet_after = 40s;

double ms(Micros time) {
  return static_cast<double>(time.count()) / 1000;
}

const VoiceMoment& moment_at(const std::vector<VoiceMoment>& moments, Micros at) {
  return *std::ranges::find_if(moments, [&](const auto& m) { return m.at >= at || &m == &moments.back(); });
}

double mean_delay(const std::vector<VoiceMoment>& moments, Micros from, Micros to) {
  double sum = 0;
  double count = 0;
  for (const auto& m : moments) {
    if (m.at < from || m.at >= to) continue;
    sum += ms(m.delay);
    ++count;
  }
  return sum / std::max(count, 1.0);
}

// From `from` until the delay is for the first time past `limit`.
double time_until(const std::vector<VoiceMoment>& moments, Micros from, const auto& reached) {
  for (const auto& m : moments) {
    if (m.at >= from && reached(ms(m.delay))) return ms(m.at - from) / 1000;
  }
  return -1;
}

void run(const char* name, const Impairment& bad, bool redundancy) {
  constexpr auto begin = quiet_before;
  constexpr auto end = quiet_before + trouble;
  test::VoiceScenario scenario{.length = end + quiet_after, .redundancy = redundancy};
  scenario.network = [&](Micros at) { return at >= begin && at < end ? bad : test::clean_network; };
  const auto moments = test::VoicePath(scenario).run();
  const auto before = mean_delay(moments, begin - 5s, begin);
  const auto during = mean_delay(moments, begin + trouble / 2, end);
  const auto adapted =
      time_until(moments, begin, [&](double delay) { return delay >= before + 0.9 * (during - before) - 1; });
  const auto back = time_until(moments, end, [&](double delay) { return delay <= before + 5; });
  const auto& first = moment_at(moments, begin);
  const auto& last = moment_at(moments, end);
  std::printf("%-34s %-5s %8.2f %% %8.1f %8.1f %9.1f %9.1f %9llu\n", name, redundancy ? "yes" : "no",
              100 * test::concealed_share(first, last), before, during, adapted, back,
              static_cast<unsigned long long>(last.counts.recovered_frames - first.counts.recovered_frames));
}

void drift(double ppm) {
  const auto moments = test::VoicePath({.length = 600s, .drift_ppm = ppm}).run();
  const auto& last = moments.back();
  std::printf(
      "drift of %+.0f ppm for 10 min: delay %.1f ms in the second minute, %.1f ms in the last; concealed %.3f %%, "
      "inserted %.0f ms, removed %.0f ms\n",
      ppm, mean_delay(moments, 60s, 120s), mean_delay(moments, 540s, 600s),
      100 * test::concealed_share(moments[600], last), static_cast<double>(last.counts.inserted_samples) / 48,
      static_cast<double>(last.counts.removed_samples) / 48);
}

}  // namespace

void print_voice_scenarios() {
  std::printf("%-34s %-5s %10s %8s %8s %9s %9s %9s\n", "60 s of", "copy", "made up", "ms quiet", "ms then", "s adapts",
              "s is back", "recovered");
  const Impairment loss{.loss = 0.10, .delay = 20ms};
  const Impairment jitter{.delay = 50ms, .jitter = 30ms};
  const Impairment reorder{.delay = 20ms, .reorder = 0.05};
  const Impairment all{.loss = 0.10, .delay = 50ms, .jitter = 30ms, .reorder = 0.05};
  for (const bool redundancy : {false, true}) {
    run("nothing", test::clean_network, redundancy);
    run("10 % loss", loss, redundancy);
    run("jitter, 50 +- 30 ms", jitter, redundancy);
    run("5 % later by 25 ms", reorder, redundancy);
    run("all three", all, redundancy);
  }
  drift(200);
  drift(-200);
}

}  // namespace pqc::bench
