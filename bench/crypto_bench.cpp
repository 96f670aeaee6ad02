// The primitives that the protocols are made of: the floor under every other number (docs/bench.md).
//
//   crypto_bench [--benchmark_filter=REGEX] [--benchmark_out=FILE --benchmark_out_format=json]
#include <cstdio>
#include <cstdlib>

#include <benchmark/benchmark.h>

#include "crypto/aead.h"
#include "crypto/composite.h"
#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/kem.h"
#include "crypto/random.h"
#include "crypto/signature.h"

namespace pqc::crypto {
namespace {

void must(bool worked) {
  if (worked) return;
  std::fputs("crypto_bench: an operation failed\n", stderr);
  std::exit(1);
}

Bytes random_bytes(std::size_t size) {
  SeededRng rng(size);
  Bytes out(size);
  rng.fill(out);
  return out;
}

// Key agreement.

void dh_generate(benchmark::State& state, DhAlg alg) {
  SeededRng rng(1);
  for (auto _ : state) must(DhPrivateKey::generate(alg, rng).has_value());
}

void dh_agree(benchmark::State& state, DhAlg alg) {
  SeededRng rng(1);
  const auto key = DhPrivateKey::generate(alg, rng);
  const auto peer = DhPrivateKey::generate(alg, rng);
  Bytes out(dh_key_size(alg));
  for (auto _ : state) must(key->agree(peer->public_key(), out).has_value());
}

void dh_from_pair(benchmark::State& state, DhAlg alg) {
  SeededRng rng(1);
  const auto key = DhPrivateKey::generate(alg, rng);
  const auto secret = key->export_private();
  for (auto _ : state) must(DhPrivateKey::from_pair(alg, secret->view(), key->public_key()).has_value());
}

struct KemFixture {
  explicit KemFixture(KemAlg alg)
      : sizes(kem_sizes(alg)), key(*KemPrivateKey::generate(alg, rng)), encoded(sizes.public_key) {
    must(key.encode_public(encoded).has_value());
    must(KemPublicKey::decode(alg, encoded)->encapsulate(randomness, ciphertext, secret).has_value());
  }

  SeededRng rng{1};
  KemSizes sizes;
  KemPrivateKey key;
  Bytes encoded;
  Bytes ciphertext = Bytes(sizes.ciphertext);
  std::array<std::uint8_t, kem_randomness_size> randomness = rng.bytes<kem_randomness_size>();
  std::array<std::uint8_t, kem_secret_size> secret{};
};

void kem_generate(benchmark::State& state, KemAlg alg) {
  SeededRng rng(1);
  for (auto _ : state) must(KemPrivateKey::generate(alg, rng).has_value());
}

void kem_encapsulate(benchmark::State& state, KemAlg alg) {
  KemFixture f(alg);
  const auto peer = KemPublicKey::decode(alg, f.encoded);
  for (auto _ : state) must(peer->encapsulate(f.randomness, f.ciphertext, f.secret).has_value());
}

void kem_decode_and_encapsulate(benchmark::State& state, KemAlg alg) {
  KemFixture f(alg);
  for (auto _ : state) {
    must(KemPublicKey::decode(alg, f.encoded)->encapsulate(f.randomness, f.ciphertext, f.secret).has_value());
  }
}

void kem_decapsulate(benchmark::State& state, KemAlg alg) {
  KemFixture f(alg);
  for (auto _ : state) must(f.key.decapsulate(f.ciphertext, f.secret).has_value());
}

// Signatures over 64 bytes, which is what a composite key signs, about.

struct SignatureFixture {
  explicit SignatureFixture(SignatureAlg alg) : key(*SignaturePrivateKey::generate(alg, rng)) {}

  SeededRng rng{1};
  SignaturePrivateKey key;
  Bytes message = random_bytes(120);
  Bytes signature = *key.sign(message, rng);
};

void signature_generate(benchmark::State& state, SignatureAlg alg) {
  SeededRng rng(1);
  for (auto _ : state) must(SignaturePrivateKey::generate(alg, rng).has_value());
}

void signature_sign(benchmark::State& state, SignatureAlg alg) {
  SignatureFixture f(alg);
  for (auto _ : state) must(f.key.sign(f.message, f.rng, f.signature).has_value());
}

void signature_verify(benchmark::State& state, SignatureAlg alg) {
  const SignatureFixture f(alg);
  const auto key = SignaturePublicKey::decode(alg, f.key.public_key());
  for (auto _ : state) must(key->verify(f.message, f.signature).has_value());
}

void signature_decode_and_verify(benchmark::State& state, SignatureAlg alg) {
  const SignatureFixture f(alg);
  for (auto _ : state) {
    must(SignaturePublicKey::decode(alg, f.key.public_key())->verify(f.message, f.signature).has_value());
  }
}

// Symmetric.

void aead_new_key_seal_200(benchmark::State& state, AeadAlg alg) {
  const auto key = random_bytes(aead_key_size(alg));
  const auto nonce = random_bytes(aead_nonce_size), aad = random_bytes(32), text = random_bytes(200);
  Bytes out(200 + aead_tag_size);
  Aead aead(alg);
  for (auto _ : state) must(aead.set_key(key) && aead.seal(nonce, aad, text, out));
}

void aead_one_shot_seal_200(benchmark::State& state, AeadAlg alg) {
  const auto key = random_bytes(aead_key_size(alg));
  const auto nonce = random_bytes(aead_nonce_size), aad = random_bytes(32), text = random_bytes(200);
  Bytes out(200 + aead_tag_size);
  for (auto _ : state) must(seal(alg, key, nonce, aad, text, out).has_value());
}

void aead_seal_16k(benchmark::State& state, AeadAlg alg) {
  const auto nonce = random_bytes(aead_nonce_size), text = random_bytes(16384);
  Bytes out(text.size() + aead_tag_size);
  Aead aead(alg);
  must(aead.set_key(random_bytes(aead_key_size(alg))).has_value());
  for (auto _ : state) must(aead.seal(nonce, {}, text, out).has_value());
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void hmac_sha512(benchmark::State& state) {
  const auto key = random_bytes(64), message = random_bytes(static_cast<std::size_t>(state.range(0)));
  Bytes out(64);
  for (auto _ : state) must(hmac(HashAlg::sha512, key, message, out).has_value());
}

void hkdf_expand_sha512(benchmark::State& state) {
  const auto key = random_bytes(64), info = random_bytes(40);
  Bytes out(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) must(hkdf_expand(HashAlg::sha512, key, info, out).has_value());
}

void sha512_of(benchmark::State& state) {
  const auto message = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(sha512(message));
}

void system_rng_32(benchmark::State& state) {
  SystemRng rng;
  for (auto _ : state) benchmark::DoNotOptimize(rng.bytes<32>());
}

BENCHMARK_CAPTURE(dh_generate, x25519, DhAlg::x25519);
BENCHMARK_CAPTURE(dh_agree, x25519, DhAlg::x25519);
BENCHMARK_CAPTURE(dh_from_pair, x25519, DhAlg::x25519);
BENCHMARK_CAPTURE(dh_generate, x448, DhAlg::x448);
BENCHMARK_CAPTURE(dh_agree, x448, DhAlg::x448);
BENCHMARK_CAPTURE(kem_generate, ml_kem_1024, KemAlg::ml_kem_1024);
BENCHMARK_CAPTURE(kem_encapsulate, ml_kem_1024, KemAlg::ml_kem_1024);
BENCHMARK_CAPTURE(kem_decode_and_encapsulate, ml_kem_1024, KemAlg::ml_kem_1024);
BENCHMARK_CAPTURE(kem_decapsulate, ml_kem_1024, KemAlg::ml_kem_1024);
BENCHMARK_CAPTURE(signature_generate, ml_dsa_87, SignatureAlg::ml_dsa_87);
BENCHMARK_CAPTURE(signature_sign, ed25519, SignatureAlg::ed25519);
BENCHMARK_CAPTURE(signature_verify, ed25519, SignatureAlg::ed25519);
BENCHMARK_CAPTURE(signature_decode_and_verify, ed25519, SignatureAlg::ed25519);
BENCHMARK_CAPTURE(signature_sign, ml_dsa_87, SignatureAlg::ml_dsa_87);
BENCHMARK_CAPTURE(signature_verify, ml_dsa_87, SignatureAlg::ml_dsa_87);
BENCHMARK_CAPTURE(signature_decode_and_verify, ml_dsa_87, SignatureAlg::ml_dsa_87);
BENCHMARK_CAPTURE(aead_new_key_seal_200, aes_256_gcm, AeadAlg::aes_256_gcm);
BENCHMARK_CAPTURE(aead_new_key_seal_200, chacha20_poly1305, AeadAlg::chacha20_poly1305);
BENCHMARK_CAPTURE(aead_one_shot_seal_200, aes_256_gcm, AeadAlg::aes_256_gcm);
BENCHMARK_CAPTURE(aead_one_shot_seal_200, chacha20_poly1305, AeadAlg::chacha20_poly1305);
BENCHMARK_CAPTURE(aead_seal_16k, aes_256_gcm, AeadAlg::aes_256_gcm);
BENCHMARK_CAPTURE(aead_seal_16k, chacha20_poly1305, AeadAlg::chacha20_poly1305);
BENCHMARK(hmac_sha512)->Arg(1)->Arg(65)->Arg(128);
BENCHMARK(hkdf_expand_sha512)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(sha512_of)->Arg(64)->Arg(4096);
BENCHMARK(system_rng_32);

}  // namespace
}  // namespace pqc::crypto

int main(int argc, char** argv) {
  using namespace pqc::crypto;
  if (available(SignatureAlg::falcon_1024)) {
    benchmark::RegisterBenchmark("signature_generate/falcon_1024", signature_generate, SignatureAlg::falcon_1024);
    benchmark::RegisterBenchmark("signature_sign/falcon_1024", signature_sign, SignatureAlg::falcon_1024);
    benchmark::RegisterBenchmark("signature_decode_and_verify/falcon_1024", signature_decode_and_verify,
                                 SignatureAlg::falcon_1024);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
