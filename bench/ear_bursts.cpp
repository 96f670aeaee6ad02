#include "ear_bursts.h"

#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace pqc::bench {
namespace {

constexpr double rate = 48'000;
// Before the first burst: as long as calls need to settle.
constexpr double settling = 6;
constexpr double loudness = 9'000;

void add_burst(std::vector<std::int16_t>& out, std::mt19937& dice) {
  const auto uniform = [&](double low, double high) { return std::uniform_real_distribution(low, high)(dice); };
  const auto length = static_cast<std::size_t>(rate * uniform(0.12, 0.2));
  const double from = uniform(110, 160);
  const double to = from * uniform(1.6, 2.2);
  std::array<double, 20> weights{};
  double norm = 0;
  for (std::size_t k = 0; k < weights.size(); ++k)
    norm += weights[k] = uniform(0.2, 1) / std::sqrt(static_cast<double>(k + 1));
  double phase = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const double progress = static_cast<double>(i) / static_cast<double>(length);
    phase += 2 * std::numbers::pi * (from + (to - from) * progress) / rate;
    double voice = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) voice += weights[k] * std::sin(phase * static_cast<double>(k + 1));
    const double envelope = std::pow(std::sin(progress * std::numbers::pi), 0.5);
    out.push_back(static_cast<std::int16_t>(2 * loudness * envelope * voice / norm));
  }
}

// Eight sums side by side, so that the compiler may use vectors.
double product(const float* a, const float* b, std::size_t count) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i + sums.size() <= count; i += sums.size())
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += a[i + k] * b[i + k];
  double out = 0;
  for (const float sum : sums) out += static_cast<double>(sum);
  return out;
}

}  // namespace

Bursts make_bursts(std::size_t count) {
  std::mt19937 dice(11);
  Bursts out;
  out.sound.resize(static_cast<std::size_t>(rate * settling));
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = out.sound.size();
    add_burst(out.sound, dice);
    out.bursts.push_back({begin, out.sound.size() - begin});
    const double pause = std::uniform_real_distribution(0.12, 0.2)(dice);
    out.sound.resize(out.sound.size() + static_cast<std::size_t>(rate * pause));
  }
  return out;
}

Match find_burst(std::span<const std::int16_t> said, std::span<const std::int16_t> heard) {
  const std::vector<float> one(said.begin(), said.end());
  const std::vector<float> other(heard.begin(), heard.end());
  const double energy = product(one.data(), one.data(), one.size());
  double window = 0;
  for (std::size_t i = 0; i < one.size() && i < other.size(); ++i)
    window += static_cast<double>(other[i]) * static_cast<double>(other[i]);
  Match best;
  for (std::size_t at = 0; at + one.size() < other.size(); ++at) {
    const double correlation = product(one.data(), other.data() + at, one.size()) / std::sqrt(energy * window + 1);
    if (correlation > best.correlation) best = {at, correlation};
    const auto gone = static_cast<double>(other[at]);
    const auto come = static_cast<double>(other[at + one.size()]);
    window += come * come - gone * gone;
  }
  return best;
}

}  // namespace pqc::bench
