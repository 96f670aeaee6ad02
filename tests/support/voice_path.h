// A voice stream over a network that is made up, in virtual time: what arrives when is drawn from a seed.
#pragma once

#include <algorithm>
#include <functional>
#include <queue>
#include <vector>

#include "media/voice/frame_encoder.h"
#include "media/voice/jitter_buffer.h"
#include "support/impaired_link.h"
#include "support/speech.h"

namespace pqc::test {

namespace voice = media::voice;

// Nothing is wrong, and it takes its time.
inline constexpr Impairment clean_network{.delay = Impairment::Micros(20'000)};

struct VoiceScenario {
  voice::Micros length{60'000'000};
  std::function<Impairment(voice::Micros)> network = [](voice::Micros) { return clean_network; };
  double drift_ppm = 0;  // how much faster the sender's clock runs than ours
  bool redundancy = false;
  voice::FrameDuration duration = voice::FrameDuration::ms10;
  std::uint32_t seed = 1;
};

struct VoiceMoment {
  voice::Micros at{0};
  voice::Micros delay{0};
  voice::Micros target{0};
  voice::JitterBuffer::Counts counts;
};

// Ten seconds of speech, encoded once for each way to encode; timestamps go on when it is repeated.
inline const std::vector<Bytes>& encoded_speech(voice::FrameDuration duration, bool redundancy) {
  static std::array<std::array<std::vector<Bytes>, 2>, 3> kept;
  auto& out = kept[static_cast<std::size_t>(duration)][redundancy ? 1 : 0];
  if (!out.empty()) return out;
  auto encoder = voice::FrameEncoder::create(64'000, duration).value();
  encoder.set_rate({.bitrate = 64'000, .duration = duration, .redundancy = redundancy});
  Speech speech(3);
  voice::Block block{};
  for (int i = 0; i < 1000; ++i) {
    speech.fill(block);
    encoder.add(block, [&](const voice::EncodedFrame& frame) { out.push_back(to_bytes(frame.payload)); });
  }
  return out;
}

class VoicePath {
 public:
  explicit VoicePath(VoiceScenario scenario)
      : scenario_(std::move(scenario)), link_(scenario_.seed), buffer_(voice::JitterBuffer::create().value()) {}

  // What the buffer was like every 100 ms. `heard`, if given, gets all that is played.
  std::vector<VoiceMoment> run(const std::function<void(std::span<const std::int16_t>)>& heard = {}) {
    std::vector<VoiceMoment> out;
    std::array<std::int16_t, voice::limits::block_samples / 2> block{};
    for (voice::Micros now{3'700}; now < scenario_.length; now += voice::Micros(5'000)) {
      send_until(now);
      deliver_until(now);
      buffer_->play(block, now);
      if (heard) heard(block);
      if (now.count() / 5'000 % 20 == 0) out.push_back({now, buffer_->delay(), buffer_->target(), buffer_->counts()});
    }
    return out;
  }
  [[nodiscard]] voice::JitterBuffer& buffer() { return *buffer_; }

 private:
  static constexpr std::size_t wire_bytes = 168;

  struct Arrival {
    voice::Micros at;
    std::size_t frame;
    bool operator>(const Arrival& other) const { return at > other.at; }
  };

  [[nodiscard]] voice::Micros send_time(std::size_t frame) const {
    const auto samples = static_cast<double>((frame + 1) * voice::samples_of(scenario_.duration));
    return voice::Micros(static_cast<std::int64_t>(samples / 0.048 / (1 + scenario_.drift_ppm * 1e-6)));
  }

  void send_until(voice::Micros now) {
    for (auto at = send_time(sent_); at <= now; at = send_time(++sent_)) {
      link_.set(scenario_.network(at));
      const auto exits = link_.send(wire_bytes, at);
      for (const auto arrival : exits.times()) on_the_way_.push({arrival, sent_});
    }
  }

  void deliver_until(voice::Micros now) {
    const auto& frames = encoded_speech(scenario_.duration, scenario_.redundancy);
    for (; !on_the_way_.empty() && on_the_way_.top().at <= now; on_the_way_.pop()) {
      const auto& arrival = on_the_way_.top();
      const auto timestamp = static_cast<std::uint32_t>(arrival.frame * voice::samples_of(scenario_.duration));
      // Starts shortly before the wrap.
      buffer_->insert(0xffff'0000U + timestamp, frames[arrival.frame % frames.size()], arrival.at);
    }
  }

  VoiceScenario scenario_;
  ImpairedLink link_;
  std::unique_ptr<voice::JitterBuffer> buffer_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> on_the_way_;
  std::size_t sent_ = 0;
};

// The share of what was played between two moments that was made up.
inline double concealed_share(const VoiceMoment& from, const VoiceMoment& to) {
  const auto played = to.counts.played_samples - from.counts.played_samples;
  return static_cast<double>(to.counts.concealed_samples - from.counts.concealed_samples) /
         static_cast<double>(std::max<std::uint64_t>(played, 1));
}

}  // namespace pqc::test
