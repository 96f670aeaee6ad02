#include "media/voice/sound_port.h"

#include "media/voice/beat.h"
#include "media/voice/limits.h"
#include "media/voice/sound_device.h"
#include "media/voice/wav_file.h"

namespace pqc::media::voice {

namespace {

class FileSource final : public SoundSource {
 public:
  explicit FileSource(WavReader reader) : reader_(std::move(reader)) {}
  void begin(Micros now) override { beat_.begin(now); }
  void end() override {}
  bool read(std::span<std::int16_t> out, Micros now) override {
    if (!beat_.due(now)) return false;
    beat_.done();
    if (!reader_.read(out)) ended_ = true;
    return true;
  }
  Micros next(Micros /*now*/) const override { return beat_.next(); }
  bool ended() const override { return ended_; }

 private:
  WavReader reader_;
  Beat beat_{time_of(limits::block_samples)};
  bool ended_ = false;
};

class FileSink final : public SoundSink {
 public:
  explicit FileSink(WavWriter writer) : writer_(std::move(writer)) {}
  void begin(Micros now) override { beat_.begin(now); }
  void end() override {}
  bool wants(Micros now) override { return beat_.due(now); }
  void write(std::span<const std::int16_t> samples) override {
    beat_.done();
    if (!writer_.write(samples)) ++failures_;
  }
  Micros next(Micros /*now*/) const override { return beat_.next(); }
  std::uint64_t underruns() const override { return failures_; }

 private:
  WavWriter writer_;
  Beat beat_{time_of(limits::play_samples)};
  std::uint64_t failures_ = 0;  // of the disk: sound that is missing, as with an underrun
};

}  // namespace

Result<std::unique_ptr<SoundSource>> open_source(const Endpoint& endpoint, const std::shared_ptr<PulseLink>& link) {
  if (const auto* device = std::get_if<Device>(&endpoint)) return open_source_device(*device, link);
  return WavReader::open(std::get<WavFile>(endpoint).path)
      .transform([](WavReader reader) -> std::unique_ptr<SoundSource> {
        return std::make_unique<FileSource>(std::move(reader));
      });
}

Result<std::unique_ptr<SoundSink>> open_sink(const Endpoint& endpoint, const std::shared_ptr<PulseLink>& link) {
  if (const auto* device = std::get_if<Device>(&endpoint)) return open_sink_device(*device, link);
  return WavWriter::create(std::get<WavFile>(endpoint).path)
      .transform(
          [](WavWriter writer) -> std::unique_ptr<SoundSink> { return std::make_unique<FileSink>(std::move(writer)); });
}

}  // namespace pqc::media::voice
