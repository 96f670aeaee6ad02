// The sealed file of a recording, chunk by chunk: nothing but what was written opens, and only at its place.
#include <gtest/gtest.h>

#include "crypto/random.h"
#include "protocol/recording/entries.h"
#include "protocol/recording/file_key.h"
#include "protocol/recording/opener.h"
#include "protocol/recording/sealer.h"

namespace pqc::recording {
namespace {

using Chunks = std::vector<Bytes>;

Header header_of(std::uint64_t seed) {
  crypto::SeededRng rng(seed);
  return make_header(rng);
}

FileKey key_of(std::uint64_t seed) {
  return derive_key(RecordingSecret(), header_of(seed)).value();
}

Chunks sealed(std::uint64_t seed, std::initializer_list<std::size_t> sizes) {
  auto sealer = Sealer::start(key_of(seed)).value();
  Chunks out;
  for (const auto size : sizes)
    out.push_back(to_bytes(
        sealer.seal_next(Bytes(size, static_cast<std::uint8_t>(out.size())), out.size() + 1 == sizes.size()).value()));
  return out;
}

// How many chunks open, one after the other.
std::size_t opened(std::uint64_t seed, const Chunks& chunks) {
  auto opener = Opener::start(key_of(seed)).value();
  std::size_t count = 0;
  while (count < chunks.size() && opener.open_next(chunks[count])) ++count;
  return count;
}

TEST(RecordingFormat, WhatWasSealedOpensInItsOrder) {
  const auto chunks = sealed(1, {10, chunk_size, 0, 7});
  auto opener = Opener::start(key_of(1)).value();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_FALSE(opener.done());
    EXPECT_EQ(Opener::length_of(ByteView(chunks[i]).first(chunk_head_size)), chunks[i].size());
    const auto content = opener.open_next(chunks[i]);
    ASSERT_TRUE(content);
    EXPECT_EQ(to_bytes(*content), Bytes(chunks[i].size() - chunk_head_size - tag_size, static_cast<std::uint8_t>(i)));
  }
  EXPECT_TRUE(opener.done());
  EXPECT_EQ(opener.open_next(chunks.back()).error(), Error::bad_state);
}

TEST(RecordingFormat, NoChunkIsSwappedRepeatedLeftOutOrOfAnotherFile) {
  const auto good = sealed(1, {10, 10, 10, 10});
  EXPECT_EQ(opened(1, good), 4U);
  EXPECT_EQ(opened(1, {good[0], good[2], good[1], good[3]}), 1U);
  EXPECT_EQ(opened(1, {good[0], good[0]}), 1U);
  EXPECT_EQ(opened(1, {good[0], good[2]}), 1U);
  EXPECT_EQ(opened(1, {good[0], sealed(2, {10, 10, 10, 10})[1]}), 1U);
  EXPECT_EQ(opened(2, good), 0U);
}

TEST(RecordingFormat, EveryBitCounts) {
  const auto chunk = sealed(1, {20, 5})[0];
  auto opener = Opener::start(key_of(1)).value();
  for (std::size_t bit = 0; bit < chunk.size() * 8; ++bit) {
    auto bad = chunk;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(opener.open_next(bad)) << bit;
  }
  EXPECT_TRUE(opener.open_next(chunk)) << "a refusal changes nothing";
}

// A file that was cut off cannot be given an end: the mark is inside the seal.
TEST(RecordingFormat, NobodyElseCanEndIt) {
  auto chunks = sealed(1, {10, 10, 10});
  chunks[1][0] = 2;
  EXPECT_EQ(opened(1, chunks), 1U);
}

TEST(RecordingFormat, HeadersAndKeys) {
  const auto header = header_of(1);
  EXPECT_EQ(parse_header(header), header);
  EXPECT_EQ(parse_header(ByteView(header).first(header_size - 1)).error(), Error::not_a_recording);
  auto other = header;
  other[7] = 2;
  EXPECT_EQ(parse_header(other).error(), Error::too_new);
  other[0] = 'X';
  EXPECT_EQ(parse_header(other).error(), Error::not_a_recording);
  EXPECT_FALSE(key_of(1).equals(key_of(2)));
}

Bytes frame(std::int64_t time, std::size_t size) {
  std::array<std::uint8_t, entry_size> room{};
  return to_bytes(write_frame(
      {.side = Side::theirs, .time = std::chrono::milliseconds(time), .timestamp = 7, .payload = Bytes(size, 9)},
      room));
}

Bytes start() {
  Bytes out;
  write_start({.call = {1}, .began = 5, .ours = "alice@test/1", .theirs = std::string(300, 'b')}, out);
  return out;
}

Result<void> read(EntryReader& reader, const Bytes& content, std::vector<Entry>* out = nullptr) {
  return reader.read(content, [&](const Entry& entry) {
    if (out != nullptr) out->push_back(entry);
  });
}

TEST(RecordingEntries, WhatIsWrittenIsRead) {
  EntryReader reader;
  auto content = start();
  append(content, frame(20, payload_size));
  std::vector<Entry> entries;
  ASSERT_TRUE(read(reader, content, &entries));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(std::get<Start>(entries[0]),
            (Start{.call = {1}, .began = 5, .ours = "alice@test/1", .theirs = std::string(255, 'b')}));
  EXPECT_EQ(std::get<Frame>(entries[1]).time.count(), 20);
  EXPECT_EQ(std::get<Frame>(entries[1]).timestamp, 7U);
  EXPECT_EQ(std::get<Frame>(entries[1]).payload.size(), payload_size);
}

TEST(RecordingEntries, RulesAreKept) {
  EntryReader unstarted;
  EXPECT_FALSE(read(unstarted, frame(0, 5))) << "a frame before the start";
  EntryReader reader;
  ASSERT_TRUE(read(reader, start()));
  ASSERT_TRUE(read(reader, frame(20, 5)));
  EXPECT_FALSE(read(reader, start())) << "a second start";
  EXPECT_FALSE(read(reader, frame(19, 5))) << "time falls";
  EXPECT_FALSE(read(reader, frame(20, 0))) << "nothing in it";
  auto cut = frame(20, 5);
  cut.pop_back();
  EXPECT_FALSE(read(reader, cut));
  EXPECT_FALSE(read(reader, {9, 0, 0, 0})) << "an entry that there is not";
  EXPECT_TRUE(read(reader, frame(20, 5)));
}

}  // namespace
}  // namespace pqc::recording
