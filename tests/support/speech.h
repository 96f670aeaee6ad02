// Sound that is like speech to codecs, stretching and correlation: a voice with a moving pitch and formant-like
// overtones in syllables of about 200 ms, hissing sounds between some of them, and pauses. The same seed gives the same
// sound.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace pqc::test {

class Speech {
 public:
  explicit Speech(std::uint32_t seed = 1) : random_(seed) { begin_syllable(); }

  // The next sample, at 48 kHz.
  std::int16_t next() {
    if (at_ == length_) begin_syllable();
    const double progress = static_cast<double>(at_++) / static_cast<double>(length_);
    const double envelope = std::sin(progress * std::numbers::pi);
    switch (kind_) {
      case Kind::pause:
        return static_cast<std::int16_t>(noise() * 8);
      case Kind::hiss:
        return static_cast<std::int16_t>(noise() * 1500 * envelope);
      case Kind::vowel:
        break;
    }
    return static_cast<std::int16_t>(9000 * envelope * vowel(progress));
  }

  void fill(std::span<std::int16_t> out) {
    for (auto& sample : out) sample = next();
  }
  std::vector<std::int16_t> take(std::size_t count) {
    std::vector<std::int16_t> out(count);
    fill(out);
    return out;
  }

 private:
  enum class Kind { vowel, hiss, pause };

  double uniform(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }
  double noise() { return uniform(-1, 1); }

  void begin_syllable() {
    const double choice = uniform(0, 1);
    kind_ = choice < 0.6 ? Kind::vowel : choice < 0.75 ? Kind::hiss : Kind::pause;
    length_ = static_cast<std::size_t>(48 * (kind_ == Kind::hiss ? uniform(60, 120) : uniform(120, 320)));
    at_ = 0;
    pitch_ = uniform(95, 230);
    glide_ = uniform(0.9, 1.15);
    for (auto& weight : weights_) weight = uniform(0, 1);
  }

  double vowel(double progress) {
    phase_ += 2 * std::numbers::pi * pitch_ * (1 + (glide_ - 1) * progress) / 48000;
    double out = 0;
    double norm = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      const double weight = weights_[k] / static_cast<double>(1 + k);
      out += weight * std::sin(phase_ * static_cast<double>(1 + k));
      norm += weight;
    }
    return out / std::max(norm, 0.5);
  }

  std::mt19937 random_;
  Kind kind_ = Kind::pause;
  std::size_t at_ = 0;
  std::size_t length_ = 0;
  double pitch_ = 120;
  double glide_ = 1;
  double phase_ = 0;
  std::array<double, 12> weights_{};
};

// How much `b` is like `a`, 0 to 1, at the shift (of `b`, in samples) where it is most so.
struct Likeness {
  double correlation = 0;
  std::ptrdiff_t shift = 0;
};
inline Likeness likeness(std::span<const std::int16_t> a, std::span<const std::int16_t> b, std::ptrdiff_t least_shift,
                         std::ptrdiff_t most_shift, std::ptrdiff_t step = 1) {
  Likeness best;
  for (auto shift = least_shift; shift <= most_shift; shift += step) {
    double ab = 0;
    double aa = 1;
    double bb = 1;
    for (std::ptrdiff_t i = 0; i < std::ssize(a); ++i) {
      if (i + shift < 0 || i + shift >= std::ssize(b)) continue;
      const double x = a[static_cast<std::size_t>(i)];
      const double y = b[static_cast<std::size_t>(i + shift)];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    const double correlation = ab / std::sqrt(aa * bb);
    if (correlation > best.correlation) best = {correlation, shift};
  }
  return best;
}

// The same, looked for roughly and then exactly. Enough of `a` is a fifth of a second.
inline Likeness find_likeness(std::span<const std::int16_t> a, std::span<const std::int16_t> b,
                              std::ptrdiff_t least_shift, std::ptrdiff_t most_shift) {
  constexpr std::ptrdiff_t rough_step = 8;
  const auto rough = likeness(a, b, least_shift, most_shift, rough_step);
  return likeness(a, b, rough.shift - rough_step, rough.shift + rough_step);
}

}  // namespace pqc::test
