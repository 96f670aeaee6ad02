// Measures how long sound takes from one sink of the sound system to another, where a call or whatever else lies
// between (docs/bench.md). Started by bench/calls.
//
//   ear_meter MOUTH EAR COUNT
//
// Plays COUNT bursts into the sink MOUTH, whose monitor is somebody's microphone, and records both sinks at once, MOUTH
// twice: the second time as a control, which has to be there after 0 ms. A burst's delay is the time between its
// rendering by the one sink and by the other; how it came into the first one does not matter.
#include <algorithm>
#include <cstdlib>
#include <format>
#include <optional>
#include <print>
#include <string>
#include <thread>

#include "ear_bursts.h"
#include "ear_recording.h"

namespace pqc::bench {
namespace {

using namespace std::chrono_literals;
using media::voice::DeviceContext;

// How much sooner and later a burst is looked for, what pieces of it, and what likeness is enough.
constexpr Seconds early{0.005};
constexpr std::size_t piece = 2'400;
constexpr Seconds latest{0.6};
constexpr Seconds usual{0.12};
constexpr double alike = 0.7;

// Plays a sound once.
class Player {
 public:
  Player(const std::string& sink, std::span<const std::int16_t> sound)
      : context_(DeviceContext::open().value()), left_(sound) {
    const auto id = context_.find(sink, ma_device_type_playback).value();
    auto config = ma_device_config_init(ma_device_type_playback);
    config.playback.format = ma_format_s16;
    config.playback.channels = 1;
    config.playback.pDeviceID = id ? &*id : nullptr;
    config.sampleRate = static_cast<ma_uint32>(ear_rate);
    config.periodSizeInMilliseconds = 100;
    config.dataCallback = on_demand;
    config.pUserData = this;
    if (ma_device_init(context_.get(), &config, &device_) != MA_SUCCESS || ma_device_start(&device_) != MA_SUCCESS) {
      std::println(stderr, "{} cannot be played to", sink);
      std::exit(1);
    }
  }
  ~Player() { ma_device_uninit(&device_); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

 private:
  static void on_demand(ma_device* device, void* out, const void* /*in*/, ma_uint32 count) {
    auto& left = static_cast<Player*>(device->pUserData)->left_;
    const auto given = std::min<std::size_t>(count, left.size());
    auto* const samples = static_cast<std::int16_t*>(out);
    std::ranges::copy(left.first(given), samples);
    std::fill(samples + given, samples + count, std::int16_t{0});
    left = left.subspan(given);
  }

  DeviceContext context_;
  std::span<const std::int16_t> left_;
  ma_device device_{};
};

struct Recordings {
  const EarRecording& mouth;
  const EarRecording& other;
};

std::span<const std::int16_t> part(std::span<const std::int16_t> all, std::ptrdiff_t begin, std::ptrdiff_t end) {
  begin = std::clamp<std::ptrdiff_t>(begin, 0, std::ssize(all));
  end = std::clamp<std::ptrdiff_t>(end, begin, std::ssize(all));
  return all.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

struct Heard {
  Seconds delay{0};
  double correlation = 0;
};

// After how long the piece of the first recording that lies at `said` is in the second one.
Heard find_piece(const Recordings& in, Burst said, Seconds reach) {
  const auto said_at = in.mouth.time_of(said.begin);
  const auto begin = std::max<std::ptrdiff_t>(in.other.sample_at(said_at - early), 0);
  const auto end = begin + static_cast<std::ptrdiff_t>((early + reach).count() * ear_rate) +
                   static_cast<std::ptrdiff_t>(said.length);
  const auto match =
      find_burst(in.mouth.samples().subspan(said.begin, said.length), part(in.other.samples(), begin, end));
  return {in.other.time_of(static_cast<std::size_t>(begin) + match.at) - said_at, match.correlation};
}

// The piece of a burst that is heard best says how late the burst is: time stretching may lie within others.
std::optional<Seconds> delay_of(const Recordings& in, Burst said) {
  for (const auto reach : {usual, latest}) {
    Heard best;
    for (std::size_t at = 0; at + piece <= said.length; at += piece / 2) {
      const auto heard = find_piece(in, {said.begin + at, piece}, reach);
      if (heard.correlation > best.correlation) best = heard;
    }
    if (best.correlation >= alike) return best.delay;
  }
  return std::nullopt;
}

// Where the bursts are in the recording of the mouth: as far apart as they were played, each looked for near its place.
std::vector<Burst> find_said(const Bursts& played, std::span<const std::int16_t> recorded) {
  std::vector<Burst> out;
  const auto sound = std::span(played.sound);
  std::ptrdiff_t shift = 0;
  constexpr auto most = 3 * static_cast<std::ptrdiff_t>(ear_rate);
  std::ptrdiff_t reach = most;
  for (const auto& burst : played.bursts) {
    const auto at = static_cast<std::ptrdiff_t>(burst.begin) + shift;
    const auto begin = std::max<std::ptrdiff_t>(at - reach, 0);
    const auto length = static_cast<std::ptrdiff_t>(burst.length);
    const auto match = find_burst(sound.subspan(burst.begin, burst.length), part(recorded, begin, at + length + reach));
    if (match.correlation < 0.9) {
      // Playing may have stood still.
      reach = std::min(2 * reach, most);
      continue;
    }
    const auto found = static_cast<std::size_t>(begin) + match.at;
    out.push_back({found, burst.length});
    shift = static_cast<std::ptrdiff_t>(found) - static_cast<std::ptrdiff_t>(burst.begin);
    reach = static_cast<std::ptrdiff_t>(ear_rate / 10);
  }
  return out;
}

std::vector<double> delays_of(const Recordings& in, std::span<const Burst> said) {
  std::vector<double> out;
  for (const auto& burst : said)
    if (const auto delay = delay_of(in, burst)) out.push_back(delay->count() * 1e3);
  return out;
}

std::string json_of(const std::vector<double>& values) {
  std::string out;
  for (const double value : values) out += std::format("{}{:.3f}", out.empty() ? "" : ", ", value);
  return "[" + out + "]";
}

void measure(const std::string& mouth_name, const std::string& ear_name, std::size_t count) {
  const auto played = make_bursts(count);
  const auto length =
      std::chrono::ceil<std::chrono::seconds>(Seconds(static_cast<double>(played.sound.size()) / ear_rate));
  EarRecording mouth("Monitor of " + mouth_name, length + 10s);
  EarRecording control("Monitor of " + mouth_name, length + 10s);
  EarRecording ear("Monitor of " + ear_name, length + 10s);
  {
    const Player player(mouth_name, played.sound);
    std::this_thread::sleep_for(length + 2s);
  }
  for (auto* recording : {&mouth, &control, &ear}) recording->stop();
  const auto said = find_said(played, mouth.samples());
  std::println(R"({{"said": {}, "period_mouth": {}, "period_ear": {}, "control_ms": {}, "delays_ms": {}}})",
               said.size(), mouth.usual_period(), ear.usual_period(), json_of(delays_of({mouth, control}, said)),
               json_of(delays_of({mouth, ear}, said)));
}

}  // namespace
}  // namespace pqc::bench

int main(int count, char** arguments) {
  if (count != 4) {
    std::println(stderr, "usage: ear_meter MOUTH EAR COUNT");
    return 2;
  }
  pqc::bench::measure(arguments[1], arguments[2], std::strtoul(arguments[3], nullptr, 10));
}
