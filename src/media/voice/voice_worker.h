// What VoiceEngine does, step by step. step() on one thread, the rest on any.
#pragma once

#include <atomic>
#include <mutex>

#include "media/voice/beat.h"
#include "media/voice/device_revival.h"
#include "media/voice/frame_encoder.h"
#include "media/voice/jitter_buffer.h"
#include "media/voice/received_queue.h"
#include "media/voice/sound_port.h"
#include "media/voice/sound_processing.h"

namespace pqc::media::voice {

class VoiceWorker {
 public:
  struct Parts {
    std::unique_ptr<SoundSource> source;
    std::unique_ptr<SoundSink> sink;
    std::unique_ptr<DeviceRevival> revival;       // or none
    std::unique_ptr<SoundProcessing> processing;  // or none
    FrameEncoder encoder;
    std::unique_ptr<JitterBuffer> buffer;
  };
  // What may be changed while it runs.
  struct Controls {
    std::atomic<RateChoice> rate;
    static_assert(std::atomic<RateChoice>::is_always_lock_free);
    std::atomic<bool> muted{false};
  };

  VoiceWorker(Parts parts, const Settings& settings, OnFrame on_frame, OnTurn on_turn = {});

  [[nodiscard]] Micros step(Micros now);
  // Until a device has something to do, or `until`.
  void wait(Micros until);
  // Nothing is heard or played until the next step; not together with one.
  void end();

  [[nodiscard]] ReceivedQueue& received() { return received_; }
  [[nodiscard]] Controls& controls() { return controls_; }
  [[nodiscard]] Levels levels() const;
  [[nodiscard]] Statistics statistics() const;

 private:
  void begin(Micros now);
  void revive(Micros now);
  void listen(Micros now);
  void send(Block& block);
  void play(Micros now);
  void publish();
  void apply_mute(Block& block);

  Parts parts_;
  OnFrame on_frame_;
  OnTurn on_turn_;  // or none
  Controls controls_;
  ReceivedQueue received_;
  bool begun_ = false;
  std::optional<Beat> silence_;  // in place of a source that gives nothing
  bool sink_stalled_ = false;    // and has asked for nothing since
  std::uint64_t overruns_ = 0;   // of devices that were replaced
  std::uint64_t underruns_ = 0;
  bool was_muted_ = false;
  std::atomic<float> level_in_{0};
  std::atomic<float> level_out_{0};
  mutable std::mutex mutex_;  // of statistics_
  Statistics statistics_;
};

}  // namespace pqc::media::voice
