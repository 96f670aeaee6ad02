// A call is recorded and exported: the sound of both sides in time, after a crash too, and nothing of it when somebody
// has changed the file.
#include "client/recording/recorder.h"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "client/recording/limits.h"
#include "client/recording/recording_export.h"
#include "crypto/random.h"
#include "media/voice/frame_encoder.h"
#include "media/voice/wav_format.h"
#include "protocol/recording/sealer.h"
#include "support/speech.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

using namespace std::chrono_literals;
using media::voice::FrameEncoder;
using recording::Side;

constexpr std::size_t block = media::voice::limits::block_samples;

Bytes content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, ByteView content) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

struct Sound {
  std::vector<std::int16_t> left;
  std::vector<std::int16_t> right;
};

Sound stereo_of(const std::string& path) {
  const auto file = content_of(path);
  const auto layout = media::voice::parse_wav(file).value();
  EXPECT_EQ(layout.channels, 2);
  EXPECT_EQ(layout.data_bytes, file.size() - layout.data_offset);
  Sound out;
  for (auto at = layout.data_offset; at + 4 <= file.size(); at += 4) {
    const auto sample = [&](std::size_t i) {
      return static_cast<std::int16_t>(static_cast<unsigned>(file[at + i] | file[at + i + 1] << 8U));
    };
    out.left.push_back(sample(0));
    out.right.push_back(sample(2));
  }
  return out;
}

// Of `said`, moved by `lag` samples, and what is heard from `from` to `to`.
double likeness(std::span<const std::int16_t> said, std::span<const std::int16_t> heard, std::size_t lag,
                std::size_t from, std::size_t to) {
  double product = 0;
  double one = 0;
  double other = 0;
  for (auto i = from; i < to; ++i) {
    const double a = said[i - lag];
    const double b = heard[i];
    product += a * b;
    one += a * a;
    other += b * b;
  }
  return product / std::sqrt(one * other);
}

// The encoder and decoder of restricted low delay take 2.5 ms together.
constexpr std::size_t codec_delay = 120;

class RecorderTest : public ::testing::Test {
 protected:
  RecordingPlan plan() {
    crypto::SeededRng rng(3);
    const auto header = recording::make_header(rng);
    return {.path = file,
            .header = header,
            .key = recording::derive_key(secret, header).value(),
            .start = {.call = {7}, .began = 1'000, .ours = "alice@test/1", .theirs = "bob@test"}};
  }
  Result<ExportedRecording> exported(const std::string& from) {
    std::filesystem::remove(wav);
    return export_recording(from, wav, [&](const recording::Header& header) -> Result<recording::FileKey> {
      return recording::derive_key(secret, header).value();
    });
  }
  // Ten milliseconds a call; what they say begins `later` blocks after what we say.
  void speak(Recorder& recorder, std::size_t blocks, std::size_t later, const auto& lost) {
    auto ours = FrameEncoder::create(64'000, media::voice::FrameDuration::ms10).value();
    auto theirs = FrameEncoder::create(64'000, media::voice::FrameDuration::ms10).value();
    const auto record = [&](Side side, std::size_t i) {
      return [&recorder, side, i, this](const media::voice::EncodedFrame& frame) {
        recorder.add(side, frame.timestamp + 1'000'000, frame.payload, begin + i * 10ms);
      };
    };
    for (std::size_t i = 0; i < blocks; ++i) {
      media::voice::Block said{};
      our_speech.fill(said);
      our_sound.insert(our_sound.end(), said.begin(), said.end());
      ours.add(said, record(Side::ours, i));
      if (i < later) continue;
      their_speech.fill(said);
      their_sound.insert(their_sound.end(), said.begin(), said.end());
      if (lost(i))
        theirs.add(said, [](const auto&) {});
      else
        theirs.add(said, record(Side::theirs, i));
    }
  }

  test::TemporaryFolder folder;
  std::string file = folder.path("call.pqcrec");
  std::string wav = folder.path("call.wav");
  recording::RecordingSecret secret;
  test::Speech our_speech{1};
  test::Speech their_speech{2};
  std::vector<std::int16_t> our_sound;
  std::vector<std::int16_t> their_sound;
  Recorder::Time begin = Recorder::Time(100s);
};

constexpr auto nothing_lost = [](std::size_t) { return false; };

TEST_F(RecorderTest, BothSidesAreHeardInTime) {
  {
    auto recorder = Recorder::start(plan()).value();
    speak(*recorder, 300, 100, nothing_lost);
    EXPECT_TRUE(recorder->going());
  }
  const auto made = exported(file);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->complete);
  EXPECT_EQ(made->length, 3s);
  EXPECT_EQ(made->start.theirs, "bob@test");
  const auto sound = stereo_of(wav);
  EXPECT_GT(likeness(our_sound, sound.left, codec_delay, 4 * block, 299 * block), 0.9);
  EXPECT_GT(likeness(their_sound, sound.right, 100 * block + codec_delay, 104 * block, 299 * block), 0.9);
  for (std::size_t i = 0; i < 100 * block; ++i) ASSERT_EQ(sound.right[i], 0) << "silence before they were heard";
}

TEST_F(RecorderTest, LostFramesAreSilenceAndMoveNothing) {
  {
    auto recorder = Recorder::start(plan()).value();
    speak(*recorder, 300, 0, [](std::size_t i) { return i >= 100 && i < 200; });
  }
  ASSERT_TRUE(exported(file));
  const auto sound = stereo_of(wav);
  EXPECT_GT(likeness(their_sound, sound.right, codec_delay, 4 * block, 99 * block), 0.9);
  for (auto i = 110 * block; i < 199 * block; ++i) ASSERT_EQ(sound.right[i], 0);
  EXPECT_GT(likeness(their_sound, sound.right, codec_delay, 205 * block, 299 * block), 0.9);
}

TEST_F(RecorderTest, NothingReadableIsWrittenAndNothingIsReplaced) {
  const auto first = Recorder::start(plan()).value();
  const auto second = Recorder::start(plan());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ExitCode::usage);
  const auto written = content_of(file);
  EXPECT_EQ(std::string(written.begin(), written.end()).find("bob@test"), std::string::npos);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(RecorderTest, ACallWithoutSoundLeavesNoFile) {
  (void)Recorder::start(plan()).value();
  EXPECT_FALSE(std::filesystem::exists(file));
}

// A recording with the same chunks each time: each has five frames of ours, 50 ms.
class SealedRecordingTest : public RecorderTest {
 protected:
  static constexpr std::size_t chunks = 5;

  SealedRecordingTest() {
    crypto::SeededRng rng(3);
    const auto header = recording::make_header(rng);
    auto sealer = recording::Sealer::start(recording::derive_key(secret, header).value()).value();
    auto encoder = FrameEncoder::create(16'000, media::voice::FrameDuration::ms10).value();
    append(whole, header);
    for (std::size_t i = 0; i < chunks; ++i) {
      starts.push_back(whole.size());
      Bytes content;
      if (i == 0) recording::write_start({.call = {7}, .began = 1, .ours = "a", .theirs = "b"}, content);
      for (std::size_t frame = 5 * i; frame < 5 * i + 5; ++frame) write_frame(encoder, frame, content);
      append(whole, sealer.seal_next(content, i + 1 == chunks).value());
    }
    starts.push_back(whole.size());
  }
  void write_frame(FrameEncoder& encoder, std::size_t at, Bytes& content) {
    media::voice::Block said{};
    our_speech.fill(said);
    encoder.add(said, [&](const media::voice::EncodedFrame& frame) {
      std::array<std::uint8_t, recording::entry_size> room{};
      append(
          content,
          recording::write_frame(
              {.side = Side::ours, .time = at * 10ms, .timestamp = frame.timestamp, .payload = frame.payload}, room));
    });
  }
  Result<ExportedRecording> exported_of(ByteView content) {
    write_file(file, content);
    auto made = exported(file);
    EXPECT_EQ(std::filesystem::exists(wav), made.has_value());
    return made;
  }
  // Of which `left` chunks are exported.
  void expect_cut_off(ByteView content, std::size_t left, const std::string& what) {
    const auto made = exported_of(content);
    ASSERT_TRUE(made) << what << ": " << made.error().message;
    EXPECT_FALSE(made->complete) << what;
    EXPECT_EQ(made->length, left * 50ms) << what;
  }
  void expect_refused(ByteView content, ExitCode code, const std::string& what) {
    const auto made = exported_of(content);
    ASSERT_FALSE(made) << what;
    EXPECT_EQ(made.error().code, code) << what;
  }

  Bytes whole;
  std::vector<std::size_t> starts;  // of each chunk, and the end
};

TEST_F(SealedRecordingTest, TheWholeOneIsWhole) {
  const auto made = exported_of(whole);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->complete);
  EXPECT_EQ(made->length, chunks * 50ms);
  auto longer = whole;
  longer.push_back(0);
  expect_refused(longer, ExitCode::damaged, "something behind the end");
  secret.fill()[0] = 1;
  expect_refused(whole, ExitCode::wrong_key, "another secret");
}

TEST_F(SealedRecordingTest, OfEveryCutWhatStandsBeforeIsExported) {
  for (std::size_t i = 0; i < chunks; ++i) {
    const auto length = starts[i + 1] - starts[i];
    for (const auto left : {std::size_t{0}, std::size_t{1}, recording::chunk_head_size - 1, recording::chunk_head_size,
                            length / 2, length - 1}) {
      const auto cut = ByteView(whole).first(starts[i] + left);
      const auto what = "cut at " + std::to_string(left) + " of chunk " + std::to_string(i);
      if (i == 0)
        expect_refused(cut, ExitCode::damaged, what);
      else
        expect_cut_off(cut, i, what);
    }
  }
  for (std::size_t size = 0; size < starts[0]; ++size)
    expect_refused(ByteView(whole).first(size), ExitCode::damaged, "cut inside the header");
}

TEST_F(SealedRecordingTest, NoChangeIsExported) {
  for (std::size_t at = 0; at < starts[0]; ++at) {
    auto bad = whole;
    bad[at] ^= 0x20U;
    EXPECT_FALSE(exported_of(bad)) << at;
  }
  for (std::size_t i = 0; i < chunks; ++i)
    for (auto at = starts[i] + recording::chunk_head_size; at < starts[i + 1]; at += 13) {
      auto bad = whole;
      bad[at] ^= 0x20U;
      if (i + 1 == chunks)
        expect_cut_off(bad, i, "byte " + std::to_string(at));
      else
        expect_refused(bad, i == 0 ? ExitCode::wrong_key : ExitCode::damaged, "byte " + std::to_string(at));
    }
}

// By its length such a chunk may be one that was on its way to the disk, wherever it stood.
TEST_F(SealedRecordingTest, AChangedHeadIsRefusedOrCutsOff) {
  std::size_t cut_off = 0;
  for (std::size_t i = 0; i < chunks; ++i)
    for (std::size_t bit = 0; bit < 8 * recording::chunk_head_size; bit += 3) {
      auto bad = whole;
      bad[starts[i] + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const auto length = recording::Opener::length_of(ByteView(bad).subspan(starts[i], recording::chunk_head_size));
      const auto what = "bit " + std::to_string(bit) + " of chunk " + std::to_string(i);
      if (i > 0 && length && starts[i] + *length >= whole.size()) {
        expect_cut_off(bad, i, what);
        ++cut_off;
      } else {
        EXPECT_FALSE(exported_of(bad)) << what;
      }
    }
  EXPECT_GT(cut_off, chunks);
}

// What a loss of power leaves of the chunk that was on its way: its size, and zeros where a page was not written.
TEST_F(SealedRecordingTest, AChunkThatGotHalfToTheDiskCutsOff) {
  for (std::size_t i = 1; i < chunks; ++i) {
    auto torn = to_bytes(ByteView(whole).first(starts[i + 1]));
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>((starts[i] + starts[i + 1]) / 2), torn.end(), 0);
    expect_cut_off(torn, i, "half of chunk " + std::to_string(i));
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(starts[i]), torn.end(), 0);
    expect_cut_off(torn, i, "nothing of chunk " + std::to_string(i));
    if (i + 1 == chunks) continue;
    append(torn, ByteView(whole).subspan(starts[i + 1]));
    expect_refused(torn, ExitCode::damaged, "zeros in the middle");
  }
  auto first = to_bytes(ByteView(whole).first(starts[1]));
  first.back() = 0;
  expect_refused(first, ExitCode::wrong_key, "the first chunk is what a key is known by");
}

TEST_F(RecorderTest, WhatCannotBeReadIsNoEnd) {
  const auto made = exported(folder.path("."));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ExitCode::missing) << made.error().message;
}

TEST_F(RecorderTest, TimesThatFallStandStill) {
  {
    auto recorder = Recorder::start(plan()).value();
    speak(*recorder, 10, 0, nothing_lost);
    begin -= 1s;
    speak(*recorder, 10, 0, nothing_lost);
  }
  const auto made = exported(file);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->complete);
  EXPECT_GE(made->length, 100ms);
}

// A crash: the thread that writes never gets to the end.
TEST_F(RecorderTest, WhatWasWrittenBeforeACrashIsReadable) {
  auto recorder = Recorder::start(plan()).value();
  const auto head = std::filesystem::file_size(file);
  speak(*recorder, 100, 0, nothing_lost);
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (std::filesystem::file_size(file) == head && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(5ms);
  const auto copy = folder.path("copy");
  std::filesystem::copy_file(file, copy);
  const auto made = exported(copy);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->complete);
  EXPECT_GT(made->length, 0ms);
}

TEST_F(RecorderTest, AFullDiskEndsItAndLeavesWhatWasWritten) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    auto recorder = Recorder::start(plan()).value();
    rlimit least = before;
    least.rlim_cur = std::filesystem::file_size(file) + 5'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &least), 0);
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (recorder->going() && std::chrono::steady_clock::now() < until) speak(*recorder, 20, 0, nothing_lost);
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_FALSE(recorder->going());
    EXPECT_TRUE(recorder->failure());
  }
  std::signal(SIGXFSZ, handler);
  const auto made = exported(file);
  EXPECT_TRUE(made ? !made->complete : made.error().code == ExitCode::damaged) << "a whole number of chunks";
}

// The call is over before anything but its start was to be written.
TEST_F(RecorderTest, ADiskThatIsFullAtTheVeryEndIsToldToo) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  auto recorder = Recorder::start(plan()).value();
  rlimit least = before;
  least.rlim_cur = std::filesystem::file_size(file) + 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &least), 0);
  speak(*recorder, 10, 0, nothing_lost);
  recorder->finish();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(recorder->going());
  EXPECT_TRUE(recorder->failure());
  recorder->finish();
}

TEST_F(RecorderTest, ItEndsWithItsLongestTime) {
  {
    auto recorder = Recorder::start(plan()).value();
    speak(*recorder, 10, 0, nothing_lost);
    begin += limits::recording_longest;
    speak(*recorder, 1, 0, nothing_lost);
    EXPECT_FALSE(recorder->going());
    EXPECT_FALSE(recorder->failure());
  }
  const auto made = exported(file);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->complete);
  EXPECT_EQ(made->length, 100ms);
}

// The other side's clock runs 500 ppm fast for two minutes: it stays within a tenth of a second.
TEST_F(RecorderTest, ClocksThatDriftApartAreFollowed) {
  {
    auto recorder = Recorder::start(plan()).value();
    auto encoder = FrameEncoder::create(16'000, media::voice::FrameDuration::ms10).value();
    const media::voice::Block said{};
    for (int i = 0; i < 1'000; ++i)
      encoder.add(said, [&](const media::voice::EncodedFrame& frame) {
        // Every twelfth frame only: a stream of two minutes.
        recorder->add(Side::theirs, frame.timestamp * 12, frame.payload, begin + i * 120ms - i * 60us);
      });
  }
  const auto made = exported(file);
  ASSERT_TRUE(made);
  EXPECT_NEAR(static_cast<double>(made->length.count()), 119'820, 110);
}

}  // namespace
}  // namespace pqc::client
