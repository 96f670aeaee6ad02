#include "mls_floor.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <benchmark/benchmark.h>

#include "crypto/kdf.h"
#include "mls_groups.h"

namespace pqc::mls::benched {
namespace {

constexpr std::size_t info_size = 32;
constexpr std::size_t most_signed = 64;
constexpr std::size_t most_text = std::size_t{32} << 20;  // more than the processor's caches
constexpr double batch_us = 2'000;
constexpr std::size_t least_rounds = 3;
constexpr std::size_t most_rounds = 999;

std::size_t share(const Count& count) {
  return count.calls > 0 ? static_cast<std::size_t>(std::ceil(count.bytes / count.calls)) : 0;
}

std::size_t text_size(const Counts& counts) {
  const auto hashed = std::max(share(counts.hash), std::min(most_text, static_cast<std::size_t>(counts.hash.bytes)));
  return std::max({share(counts.sign), share(counts.verify), share(counts.aead), hashed});
}

crypto::SignatureAlg alg_of(const Suite& suite) {
  return suite.signature == SignatureScheme::ed25519 ? crypto::SignatureAlg::ed25519 : crypto::SignatureAlg::ml_dsa_87;
}

Rng& rng() {
  return environment().rng;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double time_us(std::size_t calls, const auto& call) {
  const auto start = processor_us();
  for (std::size_t i = 0; i < calls; ++i) call();
  return (processor_us() - start) / static_cast<double>(calls);
}

}  // namespace

Floor::Floor(const Suite& suite, const Counts& counts)
    : suite_(suite),
      counts_(counts),
      alg_(alg_of(suite)),
      signer_(crypto::SignaturePrivateKey::generate(alg_, rng()).value()),
      text_(text_size(counts)),
      sealed_(share(counts.aead) + crypto::aead_tag_size),
      pair_(hpke::generate_key_pair(suite.hpke.kem, rng()).value()),
      info_(hpke::Info::prepare(suite.hpke, Bytes(info_size)).value()),
      sent_(hpke::seal_base(suite.hpke, pair_.public_key, info_, {}, Bytes(suite.secret_size()), rng()).value()) {
  for (std::size_t i = 0; i < std::min(most_signed, static_cast<std::size_t>(counts.verify.calls)); ++i) {
    const auto signer = crypto::SignaturePrivateKey::generate(alg_, rng()).value();
    const auto text = ByteView(text_).first(share(counts.verify));
    signed_.push_back({to_bytes(signer.public_key()), signer.sign(text, rng()).value()});
  }
}

void Floor::sign() {
  const auto text = ByteView(text_).first(share(counts_.sign));
  for (double i = 0; i < counts_.sign.calls; ++i) benchmark::DoNotOptimize(signer_.sign(text, rng()));
}

void Floor::verify() const {
  const auto text = ByteView(text_).first(share(counts_.verify));
  for (std::size_t i = 0; i < static_cast<std::size_t>(counts_.verify.calls); ++i) {
    const auto& one = signed_[i % signed_.size()];
    if (!crypto::SignaturePublicKey::decode(alg_, one.key)->verify(text, one.signature)) std::abort();
  }
}

void Floor::hash() {
  const auto size = share(counts_.hash);
  for (double i = 0; i < counts_.hash.calls; ++i) {
    if (hashed_to_ + size > text_.size()) hashed_to_ = 0;
    benchmark::DoNotOptimize(hash_of(suite_.hash, {ByteView(text_).subspan(hashed_to_, size)}));
    hashed_to_ += size;
  }
}

void Floor::aead() {
  const Bytes key(suite_.key_size());
  const std::array<std::uint8_t, crypto::aead_nonce_size> nonce{};
  const auto text = ByteView(text_).first(share(counts_.aead));
  for (double i = 0; i < counts_.aead.calls; ++i) {
    benchmark::DoNotOptimize(crypto::seal(suite_.hpke.aead, key, nonce, {}, text, sealed_));
  }
}

void Floor::keys() const {
  const Bytes secret(suite_.secret_size(), 3), info(info_size);
  for (double i = 0; i < counts_.key_pairs; ++i) {
    benchmark::DoNotOptimize(hpke::derive_key_pair(suite_.hpke.kem, secret));
  }
  for (double i = 0; i < counts_.hpke_seals; ++i) {
    benchmark::DoNotOptimize(hpke::seal_base(suite_.hpke, pair_.public_key, info_, {}, secret, rng()));
  }
  for (double i = 0; i < counts_.hpke_opens; ++i) {
    if (!hpke::open_base(suite_.hpke, pair_, sent_.output, info, {}, sent_.ciphertext)) std::abort();
  }
  std::array<std::uint8_t, crypto::max_hash_size> out;
  for (double i = 0; i < counts_.kdf; ++i) {
    benchmark::DoNotOptimize(crypto::hkdf_expand(suite_.hash, secret, info, ByteSpan(out).first(suite_.secret_size())));
  }
}

void Floor::run() {
  sign();
  verify();
  hash();
  aead();
  keys();
}

Measured measure(const std::function<void()>& operation, Floor& floor, double needed, std::size_t most) {
  const auto run_floor = [&] { floor.run(); };
  const auto first = time_us(1, operation);
  time_us(1, run_floor);
  const auto batch = std::clamp(static_cast<std::size_t>(batch_us / first), std::size_t{1}, most / least_rounds);
  const auto wanted = static_cast<std::size_t>(needed / (first * static_cast<double>(batch)));
  const auto rounds = std::min(std::clamp(wanted, least_rounds, most_rounds), (most - 1) / batch);
  std::vector<double> times, ratios;
  for (std::size_t i = 0; i < rounds; ++i) {
    const bool floor_first = i % 2 == 0;
    auto below = floor_first ? time_us(batch, run_floor) : 0;
    times.push_back(time_us(batch, operation));
    if (!floor_first) below = time_us(batch, run_floor);
    ratios.push_back(times.back() / below);
  }
  return {median(times), median(ratios)};
}

}  // namespace pqc::mls::benched
