// Sealed files: whole, in pieces, and in the hands of a server that damages, cuts, reorders and exchanges them.
#include <gtest/gtest.h>

#include "crypto/random.h"
#include "protocol/attachment/limits.h"
#include "protocol/attachment/opener.h"
#include "protocol/attachment/sealer.h"

namespace pqc::attachment {
namespace {

using Chunks = std::vector<Bytes>;

struct Sealed {
  Chunks chunks;
  Chain chain{};
};

FileSecret secret_of(std::uint8_t seed) {
  FileSecret out;
  std::ranges::fill(out.fill(), seed);
  return out;
}

Bytes file_of(std::size_t size) {
  Bytes out(size);
  crypto::SeededRng(size).fill(out);
  return out;
}

ByteView content_of_next(const Sealer& sealer, ByteView file) {
  const auto index = sealer.progress().next;
  const auto size = sealer.layout().content_size(index);
  return size == 0 ? ByteView() : file.subspan(std::size_t{index} * chunk_size, size);
}

Sealed seal(const FileSecret& secret, ByteView file, std::uint64_t seed = 1) {
  crypto::SeededRng rng(seed);
  auto sealer = Sealer::start(secret, file.size()).value();
  Sealed out;
  while (!sealer.done()) out.chunks.push_back(to_bytes(sealer.seal_next(content_of_next(sealer, file), rng).value()));
  out.chain = sealer.finish().value();
  return out;
}

Result<Bytes> open(const FileSecret& secret, std::size_t size, const Sealed& sealed) {
  auto opener = Opener::start(secret, size).value();
  Bytes out;
  for (const auto& chunk : sealed.chunks) {
    const auto content = opener.open_next(chunk);
    if (!content) return std::unexpected(content.error());
    append(out, *content);
  }
  return opener.finish(sealed.chain).transform([&] { return std::move(out); });
}

constexpr std::size_t three_chunks = 2 * chunk_size + 100;

class EverySize : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Attachment, EverySize,
                         testing::Values(0, 1, 63, 64, chunk_size - 1, chunk_size, chunk_size + 1, three_chunks,
                                         9 * chunk_size));

TEST_P(EverySize, OpensToWhatWasSealed) {
  const auto file = file_of(GetParam());
  const auto sealed = seal(secret_of(1), file);
  EXPECT_EQ(open(secret_of(1), file.size(), sealed), file);
  std::uint64_t total = 0;
  for (const auto& chunk : sealed.chunks) total += chunk.size();
  const auto layout = Layout::of(file.size()).value();
  EXPECT_EQ(total, layout.sealed_size());
  EXPECT_EQ(sealed.chunks.size(), layout.chunks());
}

TEST(Attachment, SizesHideInSteps) {
  EXPECT_EQ(Layout::of(0)->sealed_size(), Layout::of(60)->sealed_size());
  EXPECT_EQ(Layout::of(1'000'000)->sealed_size(), Layout::of(1'000'001)->sealed_size());
  const auto largest = Layout::of(max_file_size).value();
  EXPECT_LE(largest.sealed_size(),
            max_file_size + max_file_size / 8 + std::uint64_t{largest.chunks()} * chunk_overhead);
  EXPECT_EQ(Layout::of(max_file_size + 1).error(), Error::limit);
  EXPECT_EQ(Layout::of(UINT64_MAX).error(), Error::limit);
}

TEST(Attachment, GoesOnAfterACrashOnEitherSide) {
  const auto file = file_of(three_chunks);
  const auto secret = secret_of(1);
  crypto::SeededRng rng(5);
  Sealed sealed;
  Progress stored;
  for (bool finished = false; !finished;) {
    auto sealer = sealed.chunks.empty() ? Sealer::start(secret, file.size()).value()
                                        : Sealer::resume(secret, file.size(), stored).value();
    sealed.chunks.push_back(to_bytes(sealer.seal_next(content_of_next(sealer, file), rng).value()));
    stored = sealer.progress();
    finished = sealer.done();
    sealed.chain = stored.chain;
  }
  EXPECT_EQ(open(secret, file.size(), sealed), file);

  auto first = Opener::start(secret, file.size()).value();
  ASSERT_TRUE(first.open_next(sealed.chunks[0]));
  auto second = Opener::resume(secret, file.size(), first.progress()).value();
  for (std::size_t i = 1; i < sealed.chunks.size(); ++i) ASSERT_TRUE(second.open_next(sealed.chunks[i]));
  EXPECT_TRUE(second.finish(sealed.chain));
}

// THREATS 12: a sealer that was rolled back, over a file that changed, uses no nonce again.
TEST(Attachment, SealingAChunkAgainTakesAnotherNonce) {
  const auto secret = secret_of(1);
  crypto::SeededRng rng(7);
  const Bytes one(100, 1);
  const Bytes other(100, 2);
  const auto first = to_bytes(Sealer::start(secret, 100)->seal_next(one, rng).value());
  const auto again = to_bytes(Sealer::start(secret, 100)->seal_next(other, rng).value());
  EXPECT_FALSE(equal(ByteView(first).first(12), ByteView(again).first(12)));
}

TEST(Attachment, RefusesDamagedChunksAndStaysAsItWas) {
  const auto file = file_of(40);
  const auto sealed = seal(secret_of(1), file);
  auto opener = Opener::start(secret_of(1), file.size()).value();
  const auto before = opener.progress();
  for (std::size_t i = 0; i < sealed.chunks[0].size(); ++i) {
    auto damaged = sealed.chunks[0];
    damaged[i] ^= 1;
    EXPECT_EQ(opener.open_next(damaged).error(), Error::refused) << i;
    EXPECT_EQ(opener.open_next(ByteView(sealed.chunks[0]).first(i)).error(), Error::refused) << i;
  }
  EXPECT_EQ(opener.progress(), before);
  EXPECT_TRUE(opener.open_next(sealed.chunks[0]));
}

// THREATS 13.
TEST(Attachment, RefusesChunksInAnotherOrderTwiceOrTooFew) {
  const auto file = file_of(3 * chunk_size);
  const auto sealed = seal(secret_of(1), file);
  ASSERT_GE(sealed.chunks.size(), 3U);
  auto opener = Opener::start(secret_of(1), file.size()).value();
  EXPECT_EQ(opener.open_next(sealed.chunks[1]).error(), Error::refused);
  ASSERT_TRUE(opener.open_next(sealed.chunks[0]));
  EXPECT_EQ(opener.open_next(sealed.chunks[0]).error(), Error::refused);
  EXPECT_EQ(opener.finish(sealed.chain).error(), Error::bad_state);
  EXPECT_EQ(opener.open_next(sealed.chunks.back()).error(), Error::refused);
}

TEST(Attachment, RefusesAnotherFile) {
  const auto file = file_of(three_chunks);
  const auto secret = secret_of(1);
  const auto sealed = seal(secret, file);
  EXPECT_EQ(open(secret_of(2), file.size(), sealed).error(), Error::refused);
  EXPECT_EQ(open(secret, file.size() - 1, sealed).error(), Error::refused);

  // Whoever knows the secret can seal another file: each chunk opens, the announced chain is another.
  auto exchanged = seal(secret, file_of(three_chunks), 2);
  exchanged.chain = sealed.chain;
  EXPECT_EQ(open(secret, file.size(), exchanged).error(), Error::refused);
}

// THREATS 1: padding carries nothing.
TEST(Attachment, RefusesPaddingThatIsNotZero) {
  const auto secret = secret_of(1);
  auto cipher = ChunkCipher::start(secret, 10).value();
  Bytes chunk(cipher.layout().sealed_size(0));
  chunk[12 + 10] = 1;
  ASSERT_TRUE(cipher.seal(chunk));
  EXPECT_EQ(Opener::start(secret, 10)->open_next(chunk).error(), Error::refused);
}

TEST(Attachment, RefusesMisuse) {
  crypto::SeededRng rng(1);
  const auto secret = secret_of(1);
  auto sealer = Sealer::start(secret, 10).value();
  EXPECT_EQ(sealer.finish().error(), Error::bad_state);
  EXPECT_EQ(sealer.seal_next(Bytes(9), rng).error(), Error::bad_length);
  ASSERT_TRUE(sealer.seal_next(Bytes(10), rng));
  EXPECT_EQ(sealer.seal_next({}, rng).error(), Error::bad_state);
  EXPECT_EQ(Sealer::resume(secret, 10, {.next = 2, .chain = {}}).error(), Error::bad_state);
  EXPECT_EQ(Opener::resume(secret, 10, {.next = UINT32_MAX, .chain = {}}).error(), Error::bad_state);
  EXPECT_EQ(Opener::start(secret, max_file_size + 1).error(), Error::limit);
}

}  // namespace
}  // namespace pqc::attachment
