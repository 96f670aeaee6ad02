// WAV files: what is written is read back, other rates and channels become 48 kHz mono, and damaged heads are refused.
#include <fstream>

#include <gtest/gtest.h>

#include "media/voice/limits.h"
#include "media/voice/wav_file.h"
#include "support/speech.h"
#include "support/temporary_folder.h"

namespace pqc::media::voice {
namespace {

Bytes head(std::uint16_t format, std::uint16_t channels, std::uint32_t rate, std::uint16_t bits,
           std::uint32_t data_bytes) {
  const auto base = make_wav_head(data_bytes);
  Bytes out(base.begin(), base.end());
  const auto put = [&](std::size_t at, std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  put(20, format, 2);
  put(22, channels, 2);
  put(24, rate, 4);
  put(34, bits, 2);
  return out;
}

void write_file(const std::string& path, ByteView head, std::span<const std::int16_t> samples) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
  file.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size_bytes()));
}

std::vector<std::int16_t> read_all(WavReader& reader) {
  std::vector<std::int16_t> out;
  std::array<std::int16_t, 480> block{};
  while (reader.read(block)) out.insert(out.end(), block.begin(), block.end());
  return out;
}

TEST(Wav, WhatIsWrittenIsReadBack) {
  const test::TemporaryFolder folder;
  const auto path = folder.path("sound.wav");
  const auto samples = test::Speech().take(48'000 * 3 + 480);
  {
    auto writer = WavWriter::create(path).value();
    for (std::size_t i = 0; i < samples.size(); i += 480) ASSERT_TRUE(writer.write(std::span(samples).subspan(i, 480)));
  }
  auto reader = WavReader::open(path).value();
  EXPECT_EQ(read_all(reader), samples);
}

TEST(Wav, WithoutItsEndAFileIsReadable) {
  const test::TemporaryFolder folder;
  auto writer = WavWriter::create(folder.path("sound.wav")).value();
  const auto samples = test::Speech().take(48'000);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer.write(samples));
  auto reader = WavReader::open(folder.path("sound.wav")).value();
  EXPECT_EQ(read_all(reader).size(), 96'000U);
}

TEST(Wav, OtherRatesAndChannelsAreMixedAndResampled) {
  const test::TemporaryFolder folder;
  for (const std::uint32_t rate : {8'000U, 22'050U, 44'100U, 96'000U}) {
    for (const auto channels : {std::uint16_t{1}, std::uint16_t{2}}) {
      std::vector<std::int16_t> samples;
      for (std::uint32_t i = 0; i < rate; ++i) {
        const auto value = static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * 440 * i / rate));
        samples.insert(samples.end(), channels, value);
      }
      const auto path = folder.path("sound.wav");
      write_file(path, head(1, channels, rate, 16, static_cast<std::uint32_t>(samples.size() * 2)), samples);
      auto reader = WavReader::open(path).value();
      const auto heard = read_all(reader);
      EXPECT_NEAR(static_cast<double>(heard.size()), 48'000, 480) << rate;
      std::vector<std::int16_t> expected(40'000);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] =
            static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 48'000));
      }
      EXPECT_GT(test::likeness(expected, heard, 0, 0).correlation, 0.99) << rate << "/" << channels;
    }
  }
}

TEST(Wav, ALengthBeyondTheFileEndsWithTheFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.path("pipe.wav");
  const auto samples = test::Speech().take(4800);
  write_file(path, head(1, 1, 48'000, 16, 0x7ffff000), samples);
  auto reader = WavReader::open(path).value();
  EXPECT_EQ(read_all(reader), samples);
}

TEST(Wav, OtherFormatsAreToldApartFromDamage) {
  const auto error = [](ByteView bytes) { return parse_wav(bytes).error(); };
  EXPECT_TRUE(parse_wav(head(1, 2, 44'100, 16, 0)));
  EXPECT_EQ(error(head(3, 1, 48'000, 32, 0)), Error::unsupported_wav);
  EXPECT_EQ(error(head(1, 6, 48'000, 16, 0)), Error::unsupported_wav);
  EXPECT_EQ(error(head(1, 0, 48'000, 16, 0)), Error::unsupported_wav);
  EXPECT_EQ(error(head(1, 1, 0, 16, 0)), Error::unsupported_wav);
  EXPECT_EQ(error(head(1, 1, 4'000'000'000, 16, 0)), Error::unsupported_wav);
  const auto good = make_wav_head(100);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(error(ByteView(good).first(size)), Error::not_wav) << size;
  EXPECT_EQ(WavReader::open("/nowhere/at/all.wav").error(), Error::no_file);
}

TEST(Wav, ChunksBeforeTheSoundArePassedOver) {
  const auto plain = make_wav_head(6);
  Bytes bytes(plain.begin(), plain.begin() + 36);
  append(bytes, as_bytes(std::string_view("LIST\x03\x00\x00\x00"
                                          "abc\x00",
                                          12)));
  append(bytes, ByteView(plain).subspan(36));
  const auto layout = parse_wav(bytes);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->data_offset, 56U);
  EXPECT_EQ(layout->data_bytes, 6U);
}

}  // namespace
}  // namespace pqc::media::voice
