// Where the engine's sound comes from and goes to: a device or a file. All functions are called on the engine's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/voice/voice_engine.h"

namespace pqc::media::voice {

class PulseLink;

class SoundSource {
 public:
  virtual ~SoundSource() = default;
  virtual void begin(Micros now) = 0;
  // Until begin() comes again nothing is taken; what was, and is still here, is forgotten.
  virtual void end() = 0;
  // Whether limits::block_samples samples were there at `now`, and are in `out`.
  [[nodiscard]] virtual bool read(std::span<std::int16_t> out, Micros now) = 0;
  // When the next block may be there.
  [[nodiscard]] virtual Micros next(Micros now) const = 0;
  // Waits until there is something to do, or `until`; false, and at once, where only time tells.
  [[nodiscard]] virtual bool wait(Micros /*until*/) { return false; }
  [[nodiscard]] virtual bool ended() const { return false; }
  // Whether the device is silent for so long that it may be gone.
  [[nodiscard]] virtual bool stalled(Micros /*now*/) const { return false; }
  // Blocks that were lost because nobody took them.
  [[nodiscard]] virtual std::uint64_t overruns() const { return 0; }
};

class SoundSink {
 public:
  virtual ~SoundSink() = default;
  virtual void begin(Micros now) = 0;
  // Until begin() comes again nothing is played; what has not been is forgotten.
  virtual void end() = 0;
  // Whether limits::play_samples samples are wanted at `now`.
  [[nodiscard]] virtual bool wants(Micros now) = 0;
  virtual void write(std::span<const std::int16_t> samples) = 0;
  // All that was wanted was written.
  virtual void flush() {}
  // When more may be wanted.
  [[nodiscard]] virtual Micros next(Micros now) const = 0;
  [[nodiscard]] virtual bool wait(Micros /*until*/) { return false; }
  [[nodiscard]] virtual bool stalled(Micros /*now*/) const { return false; }
  // How often the device found too little.
  [[nodiscard]] virtual std::uint64_t underruns() const { return 0; }
};

// With a link: a device of PulseAudio.
[[nodiscard]] Result<std::unique_ptr<SoundSource>> open_source(const Endpoint& endpoint,
                                                               const std::shared_ptr<PulseLink>& link);
[[nodiscard]] Result<std::unique_ptr<SoundSink>> open_sink(const Endpoint& endpoint,
                                                           const std::shared_ptr<PulseLink>& link);

}  // namespace pqc::media::voice
