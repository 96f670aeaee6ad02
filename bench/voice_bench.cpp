// What each stage of voice costs for 10 ms of sound, and whether it allocates.
//
//   voice_bench [Google Benchmark's flags]
//   voice_bench --scenarios    the jitter buffer over bad networks (voice_scenarios.h)
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "allocation_count.h"
#include "bench_report.h"
#include "media/voice/sound_processing.h"
#include "media/voice/time_stretch.h"
#include "support/voice_path.h"
#include "voice_scenarios.h"

namespace pqc::media::voice {
namespace {

constexpr int checked_blocks = 1'000;

// A second of speech in blocks, over and over.
class Said {
 public:
  const Block& next() { return blocks_[at_++ % blocks_.size()]; }

 private:
  static std::vector<Block> make() {
    std::vector<Block> out(100);
    test::Speech speech(2);
    for (auto& block : out) speech.fill(block);
    return out;
  }
  std::vector<Block> blocks_ = make();
  std::size_t at_ = 0;
};

class Encode {
 public:
  void run() { encoder_.add(said_.next(), ignore_); }

 private:
  Said said_;
  FrameEncoder encoder_ = FrameEncoder::create(64'000, FrameDuration::ms10).value();
  OnFrame ignore_ = [](const EncodedFrame& frame) { benchmark::DoNotOptimize(frame.payload.data()); };
};

// Decoding and all decisions, on a network without trouble.
class Receive {
 public:
  void run() {
    const auto& frames = test::encoded_speech(FrameDuration::ms10, false);
    now_ += Micros(10'000);
    buffer_->insert(static_cast<std::uint32_t>(count_ * limits::block_samples), frames[count_ % frames.size()], now_);
    ++count_;
    buffer_->play(std::span(out_).first(limits::play_samples), now_ + Micros(2'000));
    buffer_->play(std::span(out_).last(limits::play_samples), now_ + Micros(7'000));
  }

 private:
  std::unique_ptr<JitterBuffer> buffer_ = JitterBuffer::create().value();
  Block out_{};
  Micros now_{0};
  std::size_t count_ = 0;
};

class Stretch {
 public:
  void run() {
    if (queue_.size() < 1'500) std::ranges::copy(said_.next(), queue_.append(limits::block_samples).begin());
    if (queue_.size() > 1'500) queue_.take(out_);
    benchmark::DoNotOptimize(shorten(queue_, limits::longest_period));
    benchmark::DoNotOptimize(lengthen(queue_, limits::longest_period));
  }

 private:
  Said said_;
  SampleQueue queue_;
  Block out_{};
};

class Process {
 public:
  void run() {
    const auto& block = said_.next();
    processing_->played(std::span(block).first(limits::play_samples));
    processing_->played(std::span(block).last(limits::play_samples));
    heard_ = block;
    processing_->process(heard_);
  }

 private:
  Said said_;
  Block heard_{};
  std::unique_ptr<SoundProcessing> processing_ = SoundProcessing::create().value();
};

template <class Stage>
void measure(benchmark::State& state) {
  Stage stage;
  for (auto _ : state) stage.run();
}

template <class Stage>
double allocations() {
  Stage stage;
  for (int i = 0; i < checked_blocks; ++i) stage.run();
  const auto before = bench::allocation_count();
  for (int i = 0; i < checked_blocks; ++i) stage.run();
  return static_cast<double>(bench::allocation_count() - before) / checked_blocks;
}

// Per 10 ms: 100 us are one per cent of a core.
std::vector<bench::Row> rows_of(const bench::FastestReporter& times) {
  const double encode = times.time_us("encode");
  const double receive = times.time_us("receive");
  return {{"voice, 10 ms encoded at 64 kbit/s", encode, {}, {}, {}},
          {"voice, 10 ms through the jitter buffer and decoded", receive, {}, {}, {}},
          {"voice, 10 ms encoded and another decoded", encode + receive, {}, {}, 200},
          {"voice, shortened and lengthened once", times.time_us("stretch"), {}, {}, {}},
          {"voice, 10 ms of echo cancellation, noise and gain", times.time_us("process"), {}, {}, 400},
          {"voice, allocations a frame encoded", {}, {}, allocations<Encode>(), 0},
          {"voice, allocations a frame received and played", {}, {}, allocations<Receive>(), 0},
          {"voice, allocations a stretch", {}, {}, allocations<Stretch>(), 0},
          {"voice, allocations of the processing library a block", {}, {}, allocations<Process>(), {}}};
}

}  // namespace
}  // namespace pqc::media::voice

int main(int argc, char** argv) {
  namespace voice = pqc::media::voice;
  if (argc == 2 && std::strcmp(argv[1], "--scenarios") == 0) {
    pqc::bench::print_voice_scenarios();
    return 0;
  }
  std::vector<std::string> flags{"--benchmark_repetitions=5", "--benchmark_min_time=0.1s"};
  std::vector<char*> arguments{argv[0]};
  for (auto& flag : flags) arguments.push_back(flag.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);  // later ones win
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  benchmark::RegisterBenchmark("encode", voice::measure<voice::Encode>);
  benchmark::RegisterBenchmark("receive", voice::measure<voice::Receive>);
  benchmark::RegisterBenchmark("stretch", voice::measure<voice::Stretch>);
  benchmark::RegisterBenchmark("process", voice::measure<voice::Process>);
  pqc::bench::FastestReporter times;
  benchmark::RunSpecifiedBenchmarks(&times);
  pqc::bench::print_report("voice_bench", voice::rows_of(times));
}
