#include "mls_floor.h"

#include <algorithm>
#include <limits>

#include <benchmark/benchmark.h>

#include "crypto/aead.h"
#include "mls_groups.h"

namespace pqc::mls::benched {
namespace {

constexpr std::size_t short_size = 256;
constexpr std::size_t long_size = 65'536;
constexpr int rounds = 3;

// A line through what a short and a long input cost.
template <class F>
Cost cost_of(std::size_t calls, F&& call_with) {
  const Bytes few(short_size), many(long_size);
  const auto at_short = best_us(calls, [&] { call_with(few); });
  const auto at_long = best_us(calls, [&] { call_with(many); });
  const auto per_byte = std::max(0.0, (at_long - at_short) / static_cast<double>(long_size - short_size));
  return {std::max(0.0, at_short - per_byte * static_cast<double>(short_size)), per_byte};
}

double at(const Cost& cost, const Count& count) {
  return cost.call * count.calls + cost.per_byte * count.bytes;
}

}  // namespace

double mean_us(std::size_t calls, const std::function<void()>& call) {
  call();
  const auto start = processor_us();
  for (std::size_t i = 0; i < calls; ++i) call();
  return (processor_us() - start) / static_cast<double>(calls);
}

Costs measure_costs(const Suite& suite) {
  Costs out;
  auto& rng = environment().rng;
  const auto signer = SignatureKey::generate(suite.signature, rng).value();
  out.sign =
      cost_of(300, [&](ByteView content) { benchmark::DoNotOptimize(signer.sign_with_label("x", content, rng)); });
  const Bytes few(short_size), many(long_size);
  const auto of_few = signer.sign_with_label("x", few, rng).value(),
             of_many = signer.sign_with_label("x", many, rng).value();
  out.verify = cost_of(100, [&](ByteView content) {
    const auto& signature = content.size() == few.size() ? of_few : of_many;
    if (!verify_with_label(suite.signature, signer.public_key(), "x", content, signature)) std::abort();
  });
  out.hash = cost_of(100, [&](ByteView content) { benchmark::DoNotOptimize(hash_of(suite.hash, {content})); });
  const Bytes key(suite.key_size()), nonce(crypto::aead_nonce_size);
  Bytes sealed(long_size + crypto::aead_tag_size);
  out.aead = cost_of(100, [&](ByteView content) {
    const auto to = ByteSpan(sealed).first(content.size() + crypto::aead_tag_size);
    benchmark::DoNotOptimize(crypto::seal(suite.hpke.aead, key, nonce, {}, content, to));
  });
  const Bytes secret(suite.secret_size(), 3);
  out.key_pair = best_us(100, [&] { benchmark::DoNotOptimize(hpke::derive_key_pair(suite.hpke.kem, secret)); });
  const auto pair = hpke::generate_key_pair(suite.hpke.kem, rng).value();
  const auto info = hpke::Info::prepare(suite.hpke, few).value();
  const auto sent = hpke::seal_base(suite.hpke, pair.public_key, info, {}, secret, rng).value();
  out.hpke_seal = best_us(
      100, [&] { benchmark::DoNotOptimize(hpke::seal_base(suite.hpke, pair.public_key, info, {}, secret, rng)); });
  out.hpke_open = best_us(
      100, [&] { benchmark::DoNotOptimize(hpke::open_base(suite.hpke, pair, sent.output, few, {}, sent.ciphertext)); });
  out.kdf = best_us(300, [&] {
    Kdf kdf(suite);
    benchmark::DoNotOptimize(kdf.derive_secret(secret, "label"));
  });
  return out;
}

double best_us(std::size_t calls, const std::function<void()>& call) {
  auto best = std::numeric_limits<double>::max();
  for (int i = 0; i < rounds; ++i) best = std::min(best, mean_us(calls, call));
  return best;
}

double Counts::sum(const Costs& costs) const {
  return at(costs.sign, sign) + at(costs.verify, verify) + at(costs.hash, hash) + at(costs.aead, aead) +
         key_pairs * costs.key_pair + hpke_seals * costs.hpke_seal + hpke_opens * costs.hpke_open + kdf * costs.kdf;
}

}  // namespace pqc::mls::benched
