// WAV files as they are read and written during a call, block by block. Not thread-safe.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/voice/resampler.h"
#include "media/voice/wav_format.h"

namespace pqc::media::voice {

// Any file that parse_wav takes, as mono at 48 kHz. Memory does not depend on the file's length.
class WavReader {
 public:
  [[nodiscard]] static Result<WavReader> open(const std::filesystem::path& path);

  // Fills `out`; what lies behind the end is silence. False once nothing of `out` came from the file.
  [[nodiscard]] bool read(std::span<std::int16_t> out);

 private:
  WavReader(std::ifstream file, const WavLayout& layout, std::optional<Resampler> resampler);
  void refill();
  // The next samples as they stand in the file, channels mixed.
  [[nodiscard]] std::vector<std::int16_t> next_samples();

  std::ifstream file_;
  std::uint32_t left_;  // bytes of sound
  std::uint16_t channels_;
  std::optional<Resampler> resampler_;
  std::vector<std::int16_t> ready_;
  std::size_t given_ = 0;  // of ready_
};

// Mono, 48 kHz. The head tells the length after every second of sound and at the end, so that a crash leaves a readable
// file.
class WavWriter {
 public:
  [[nodiscard]] static Result<WavWriter> create(const std::filesystem::path& path);
  WavWriter(WavWriter&&) noexcept = default;
  WavWriter& operator=(WavWriter&&) noexcept = default;
  ~WavWriter();

  // False if the disk took not all of it, or the file has the most that a WAV file can hold.
  [[nodiscard]] bool write(std::span<const std::int16_t> samples);

 private:
  explicit WavWriter(std::ofstream file) : file_(std::move(file)) {}
  [[nodiscard]] bool update_head();

  std::ofstream file_;
  std::uint32_t bytes_ = 0;
  std::uint32_t told_ = 0;  // what the head says
};

}  // namespace pqc::media::voice
