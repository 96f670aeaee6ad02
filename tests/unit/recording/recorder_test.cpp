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

TEST_F(RecorderTest, EveryCutIsKnownAndEveryChangeRefused) {
  {
    auto recorder = Recorder::start(plan()).value();
    speak(*recorder, 50, 0, nothing_lost);
  }
  const auto whole = content_of(file);
  const auto other = folder.path("other");
  std::size_t readable = 0;
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    write_file(other, ByteView(whole).first(size));
    const auto made = exported(other);
    if (made) {
      EXPECT_FALSE(made->complete) << size;
    } else {
      EXPECT_EQ(made.error().code, ExitCode::damaged) << size;
    }
    readable += made.has_value();
    EXPECT_EQ(std::filesystem::exists(wav), made.has_value());
  }
  for (std::size_t at = 0; at < whole.size(); at += 89) {
    auto bad = whole;
    bad[at] ^= 0x20U;
    write_file(other, bad);
    EXPECT_FALSE(exported(other)) << at;
    EXPECT_FALSE(std::filesystem::exists(wav));
  }
  auto longer = whole;
  longer.push_back(0);
  write_file(other, longer);
  EXPECT_EQ(exported(other).error().code, ExitCode::damaged);
  // What a loss of power leaves: the size of a chunk, and zeros in its place.
  const auto start = recording::header_size + recording::Opener::length_of(ByteView(whole).subspan(40, 5)).value();
  const auto second = recording::Opener::length_of(ByteView(whole).subspan(start, 5)).value();
  auto zeros = to_bytes(ByteView(whole).first(start));
  zeros.resize(start + second);
  write_file(other, zeros);
  EXPECT_EQ(exported(other).error().message, "the recording is cut off before its first sound");
  secret.fill()[0] = 1;
  EXPECT_EQ(exported(file).error().code, ExitCode::wrong_key);
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
