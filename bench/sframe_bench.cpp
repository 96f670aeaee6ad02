// SFrame with AES-256-GCM: one frame sealed or opened in the caller's memory, beside the cipher alone.
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "allocation_count.h"
#include "bench_report.h"
#include "protocol/sframe/key_context.h"

namespace pqc::sframe {
namespace {

constexpr std::size_t voice_size = 160;
constexpr std::size_t packet_size = 1'200;
constexpr std::size_t metadata_size = 11;
constexpr int frames_a_check = 1'000;

// As a stream of media uses it: a key id and counters of three bytes.
struct Frames {
  explicit Frames(std::size_t size)
      : context(*KeyContext::make(
            *Key::derive(Suite::aes_256_gcm_sha512, KeyId{0x80'0000}, std::array<std::uint8_t, 64>{}))),
        plaintext(size, 7),
        sealed(size + context.overhead(Counter{counter})),
        opened(size) {
    seal();
  }

  void seal() {
    if (!context.seal(Counter{++counter}, metadata, plaintext, sealed)) std::abort();
  }
  void open() {
    const auto header = decode_header(sealed);
    if (!header || !context.open(*header, sealed, metadata, opened)) std::abort();
  }

  std::uint64_t counter = 65'536;
  std::array<std::uint8_t, metadata_size> metadata{};
  KeyContext context;
  Bytes plaintext, sealed, opened;
};

void seal(benchmark::State& state, std::size_t size) {
  Frames frames(size);
  for (auto _ : state) frames.seal();
}

void open(benchmark::State& state, std::size_t size) {
  Frames frames(size);
  for (auto _ : state) frames.open();
}

void cipher(benchmark::State& state, std::size_t size) {
  crypto::Aead aead(crypto::AeadAlg::aes_256_gcm);
  if (!aead.set_key(std::array<std::uint8_t, 32>{})) std::abort();
  std::array<std::uint8_t, crypto::aead_nonce_size> nonce{};
  const Bytes plaintext(size, 7);
  Bytes sealed(size + crypto::aead_tag_size);
  for (auto _ : state) {
    ++nonce[11];
    if (!aead.seal(nonce, ByteView{}, plaintext, sealed)) std::abort();
  }
}

void register_all() {
  for (const auto size : {voice_size, packet_size}) {
    const auto of = std::to_string(size);
    benchmark::RegisterBenchmark("seal_" + of, [size](auto& state) { seal(state, size); });
    benchmark::RegisterBenchmark("open_" + of, [size](auto& state) { open(state, size); });
    benchmark::RegisterBenchmark("cipher_" + of, [size](auto& state) { cipher(state, size); });
  }
}

double allocations_a_frame() {
  Frames frames(voice_size);
  const auto before = bench::allocation_count();
  for (int i = 0; i < frames_a_check; ++i) {
    frames.seal();
    frames.open();
  }
  return static_cast<double>(bench::allocation_count() - before) / frames_a_check;
}

std::vector<bench::Row> rows_of(const bench::FastestReporter& times) {
  return {{"SFrame seal, 160 bytes", times.time_us("seal_160"), {}, {}, 0.25},
          {"SFrame open, 160 bytes", times.time_us("open_160"), {}, {}, 0.25},
          {"AES-256-GCM alone, 160 bytes", times.time_us("cipher_160"), {}, {}, {}},
          {"SFrame seal, 1200 bytes", times.time_us("seal_1200"), {}, {}, 0.35},
          {"SFrame open, 1200 bytes", times.time_us("open_1200"), {}, {}, 0.35},
          {"AES-256-GCM alone, 1200 bytes", times.time_us("cipher_1200"), {}, {}, {}},
          {"SFrame, allocations a frame sealed and opened, libraries included", {}, {}, allocations_a_frame(), 0}};
}

}  // namespace
}  // namespace pqc::sframe

int main(int argc, char** argv) {
  std::vector<std::string> flags{"--benchmark_enable_random_interleaving=true", "--benchmark_repetitions=9",
                                 "--benchmark_min_time=0.1s"};
  std::vector<char*> arguments{argv[0]};
  for (auto& flag : flags) arguments.push_back(flag.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);  // later ones win
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  pqc::sframe::register_all();
  pqc::bench::FastestReporter times;
  benchmark::RunSpecifiedBenchmarks(&times);
  pqc::bench::print_report("sframe_bench", pqc::sframe::rows_of(times));
  return 0;
}
