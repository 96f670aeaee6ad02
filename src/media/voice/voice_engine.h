// One person's half of a voice call: sound in, encoded frames out; received frames in, sound out (docs/spec/voice.md).
//
//   source > processing > Opus > on_frame        received > jitter buffer > sink
//
// Knows nothing of networks and keys: a frame's payload is what SFrame seals and RTP carries. Every payload has the
// same size between changes of bit rate, frame duration and redundancy, whether somebody speaks, is silent or is muted.
//
// A thread of the engine's own does the work between start() and stop(); `on_frame` and `on_turn` are called on it and
// must not block. All other functions may be called on any thread, before, during and after. Whoever drives the engine
// by hand (tests) leaves start() alone and calls step().
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "media/voice/error.h"
#include "media/voice/frame_duration.h"
#include "media/voice/rate_choice.h"

namespace pqc::media::voice {

// Time since any fixed moment; never set back. Arrival times and step() share one such clock.
using Micros = std::chrono::microseconds;

// A sound device by the name that list_devices() gives; empty is the system's default.
struct Device {
  std::string name;
};
// As a source: played once, then silence. As a sink: written anew, 48 kHz mono.
struct WavFile {
  std::filesystem::path path;
};
using Endpoint = std::variant<Device, WavFile>;

// What a user writes behind --audio-in and --audio-out: a name that ends in .wav is a file.
[[nodiscard]] Endpoint parse_endpoint(const std::string& text);

struct Settings {
  Endpoint source;
  Endpoint sink;
  bool processing = true;  // echo cancellation, noise suppression, gain; for devices, whatever the files need not
  std::uint32_t bitrate = 64'000;
  FrameDuration duration = FrameDuration::ms10;
};

struct EncodedFrame {
  std::uint16_t sequence = 0;   // rises by one a frame, wraps
  std::uint32_t timestamp = 0;  // RTP clock of 48 kHz, of the first sample; wraps
  ByteView payload;             // valid during the call only
};
using OnFrame = std::function<void(const EncodedFrame& frame)>;
// Each time that there may be something to play, at most 10 ms apart while devices and files keep their rhythm: the
// last moment for received(). Frames of that time were handed over before.
using OnTurn = std::function<void()>;

// Of the last 10 ms: mean square root, 0 to 1.
struct Levels {
  float in = 0;  // after processing; 0 while muted
  float out = 0;
};

// Counts since the start; differences of two readings tell about the time between.
struct Statistics {
  std::uint64_t played_samples = 0;     // what the jitter buffer gave out since the first frame came
  std::uint64_t concealed_samples = 0;  // of these, made up by concealment
  std::uint64_t received_frames = 0;
  std::uint64_t recovered_frames = 0;  // lost, and played from the copy in the next packet
  std::uint64_t late_frames = 0;       // too late to be played
  std::uint64_t repeated_frames = 0;   // there before
  std::uint64_t malformed_frames = 0;
  std::uint64_t inserted_samples = 0;  // by stretching
  std::uint64_t removed_samples = 0;   // by shortening
  std::uint64_t source_overruns = 0;   // 10 ms that were lost because nobody took them in time
  std::uint64_t sink_underruns = 0;    // how often the device found too little
  Micros delay{0};  // how long sound waits in the jitter buffer beyond the fastest way through the network
  Micros target_delay{0};
  bool source_ended = false;    // the file that was the source is over
  bool source_stalled = false;  // the device is gone, or has given nothing for seconds: what is sent is silence
  bool sink_stalled = false;    // the device is gone, or has asked for nothing for seconds
  [[nodiscard]] double concealed_share() const {
    return played_samples == 0 ? 0 : static_cast<double>(concealed_samples) / static_cast<double>(played_samples);
  }
};

class VoiceEngine {
 public:
  // Opens files and devices; nothing flows before start() or step().
  [[nodiscard]] static Result<std::unique_ptr<VoiceEngine>> create(const Settings& settings, OnFrame on_frame,
                                                                   OnTurn on_turn = {});
  // Stops, and completes the file that is the sink.
  ~VoiceEngine();
  VoiceEngine(const VoiceEngine&) = delete;
  VoiceEngine& operator=(const VoiceEngine&) = delete;

  void start();
  // Devices stop too: what is said until start() comes again is never sent.
  void stop();
  // Does all that is due at `now` and answers when to come again. Never together with start().
  [[nodiscard]] Micros step(Micros now);

  // A payload that came with this RTP timestamp; any order, any number of times. Copies it.
  void received(std::uint32_t timestamp, ByteView payload, Micros arrival);
  // The clock that start() runs by, for `arrival`.
  [[nodiscard]] static Micros now();

  // From the next frame on; the bit rate is of Opus alone, held to 16 to 96 kbit/s. RateControl chooses.
  void set_rate(const RateChoice& choice);

  // A muted source is encoded as silence.
  void set_muted(bool muted);
  [[nodiscard]] bool muted() const;

  [[nodiscard]] Levels levels() const;
  [[nodiscard]] Statistics statistics() const;

 private:
  class Worker;
  explicit VoiceEngine(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace pqc::media::voice
