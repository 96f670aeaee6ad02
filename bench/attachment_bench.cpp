// Sealing and opening attachments, on one core and without files (docs/spec/attachments.md §5).
//
//   attachment_bench [--benchmark_filter=REGEX]
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/random.h"
#include "protocol/attachment/opener.h"
#include "protocol/attachment/sealer.h"

namespace pqc::attachment {
namespace {

constexpr std::uint64_t file_size = std::uint64_t{64} << 20U;

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fputs("attachment_bench: an operation failed\n", stderr);
  std::exit(1);
}

std::vector<Bytes> sealed_file(const FileSecret& secret, ByteView chunk_content) {
  auto sealer = must(Sealer::start(secret, file_size));
  std::vector<Bytes> out;
  while (!sealer.done()) {
    const auto size = sealer.layout().content_size(sealer.progress().next);
    out.push_back(to_bytes(must(sealer.seal_next(chunk_content.first(size), crypto::SystemRng::instance()))));
  }
  return out;
}

void attachment_seal(benchmark::State& state) {
  const FileSecret secret;
  const Bytes content(65'536, 7);
  for (auto _ : state) {
    auto sealer = must(Sealer::start(secret, file_size));
    while (!sealer.done()) {
      const auto size = sealer.layout().content_size(sealer.progress().next);
      benchmark::DoNotOptimize(
          must(sealer.seal_next(ByteView(content).first(size), crypto::SystemRng::instance())).data());
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * file_size));
}

void attachment_open(benchmark::State& state) {
  const FileSecret secret;
  const auto chunks = sealed_file(secret, Bytes(65'536, 7));
  for (auto _ : state) {
    auto opener = must(Opener::start(secret, file_size));
    for (const auto& chunk : chunks) benchmark::DoNotOptimize(must(opener.open_next(chunk)).data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * file_size));
}

void attachment_seal_then_open(benchmark::State& state) {
  const FileSecret secret;
  const Bytes content(65'536, 7);
  for (auto _ : state) {
    auto sealer = must(Sealer::start(secret, file_size));
    auto opener = must(Opener::start(secret, file_size));
    while (!sealer.done()) {
      const auto size = sealer.layout().content_size(sealer.progress().next);
      const auto chunk = must(sealer.seal_next(ByteView(content).first(size), crypto::SystemRng::instance()));
      benchmark::DoNotOptimize(must(opener.open_next(chunk)).data());
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * file_size));
}

BENCHMARK(attachment_seal)->Unit(benchmark::kMillisecond);
BENCHMARK(attachment_open)->Unit(benchmark::kMillisecond);
BENCHMARK(attachment_seal_then_open)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pqc::attachment

BENCHMARK_MAIN();
