#include "tone.h"

#include <cmath>
#include <numbers>

namespace pqc::interop {
namespace {

constexpr double rate = 48'000;
constexpr double loudness = 8'000;
constexpr double quietest = 500;  // root mean square
constexpr std::size_t window = 4'800;

double angle(double frequency, double sample) {
  return 2 * std::numbers::pi * frequency * sample / rate;
}

double power(std::span<const std::int16_t> samples) {
  double out = 0;
  for (const double sample : samples) out += sample * sample;
  return out / static_cast<double>(samples.size());
}

// The power at one frequency (a Fourier sum).
double power_at(std::span<const std::int16_t> samples, double frequency) {
  double real = 0, imaginary = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    real += samples[i] * std::cos(angle(frequency, static_cast<double>(i)));
    imaginary += samples[i] * std::sin(angle(frequency, static_cast<double>(i)));
  }
  const auto count = static_cast<double>(samples.size());
  return 2 * (real * real + imaginary * imaginary) / (count * count);
}

}  // namespace

ByteView Tone::next() {
  std::array<std::int16_t, packet_samples> samples;
  for (auto& sample : samples)
    sample = static_cast<std::int16_t>(loudness * std::sin(angle(sent_tone, static_cast<double>(at_++))));
  return encoder_.encode(samples, media::voice::FrameDuration::ms20, packet_).value_or(ByteView());
}

void Ear::take(ByteView packet) {
  std::array<std::int16_t, packet_samples> decoded;
  if (!decoder_.decode(packet, decoded)) return;
  samples_.insert(samples_.end(), decoded.begin(), decoded.end());
  if (samples_.size() >= window) judge();
}

void Ear::judge() {
  const auto all = power(samples_);
  if (all > quietest * quietest && power_at(samples_, heard_tone) > 0.9 * all) ++heard_;
  samples_.clear();
}

}  // namespace pqc::interop
