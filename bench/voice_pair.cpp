// Two voice engines in one process, each the other's network: what a call is without keys, packets and a path. Started
// by bench/calls, to tell what of a call's delay and cost is whose.
//
//   voice_pair plain|processed
//
// Opens the devices of Alice and Bob (call_parts/sound.py), prints a line when sound flows, runs until its standard
// input ends, and then prints a JSON object about Bob's jitter buffer and loudspeaker.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <print>
#include <string_view>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "media/voice/voice_engine.h"

namespace pqc::bench {
namespace {

using namespace media::voice;

std::unique_ptr<VoiceEngine> engine(const std::string& person, bool processing, OnFrame on_frame) {
  auto made = VoiceEngine::create(
      {.source = Device{"Monitor of " + person + "_mic"}, .sink = Device{person + "_ear"}, .processing = processing},
      std::move(on_frame));
  if (made) return std::move(*made);
  std::println(stderr, "{}: {}", person, to_string(made.error()));
  std::exit(1);
}

OnFrame frames_to(const std::unique_ptr<VoiceEngine>& other) {
  return [&other](const EncodedFrame& frame) { other->received(frame.timestamp, frame.payload, VoiceEngine::now()); };
}

// Whether it ended within a tenth of a second.
bool input_ended() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, 100) != 0;
}

double milliseconds(Micros time) {
  return static_cast<double>(time.count()) / 1e3;
}

void run(bool processing) {
  std::unique_ptr<VoiceEngine> alice;
  std::unique_ptr<VoiceEngine> bob;
  alice = engine("alice", processing, frames_to(bob));
  bob = engine("bob", processing, frames_to(alice));
  bob->start();
  alice->start();
  std::println("up");
  std::fflush(stdout);
  Micros sum{0};
  int count = 0;
  for (; !input_ended(); ++count) sum += bob->statistics().delay;
  const auto found = bob->statistics();
  alice->stop();
  bob->stop();
  std::println(R"({{"jitter_buffer_ms": {:.3f}, "target_ms": {:.3f}, "concealed": {:.5f}, "underruns": {}}})",
               milliseconds(sum / std::max(count, 1)), milliseconds(found.target_delay), found.concealed_share(),
               found.sink_underruns);
}

}  // namespace
}  // namespace pqc::bench

int main(int count, char** arguments) {
  const std::string_view how = count == 2 ? arguments[1] : "";
  if (how != "plain" && how != "processed") {
    std::println(stderr, "usage: voice_pair plain|processed");
    return 2;
  }
  pqc::bench::run(how == "processed");
}
