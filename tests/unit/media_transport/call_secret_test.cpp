#include "media/transport/call_secret.h"

#include <set>

#include <gtest/gtest.h>

#include "media/transport/safety_words.h"

namespace pqc::media {
namespace {

CallShare share(std::uint8_t value) {
  CallShare out;
  std::ranges::fill(out.fill(), value);
  return out;
}

CallParties parties() {
  return {as_bytes("call"), as_bytes("alice@host/1"), as_bytes("bob@host/2"), {{1}}, {{2}}};
}

TEST(CallSecretTest, IsBoundToEverythingThatMakesTheCall) {
  const auto base = derive_call_secret(share(1), share(2), parties());
  ASSERT_TRUE(base);
  EXPECT_TRUE(base->equals(*derive_call_secret(share(1), share(2), parties())));
  EXPECT_FALSE(base->equals(*derive_call_secret(share(2), share(1), parties())));
  const auto differs = [&](auto change) {
    auto other = parties();
    change(other);
    return !derive_call_secret(share(1), share(2), other)->equals(*base);
  };
  EXPECT_TRUE(differs([](auto& of) { of.call_id = as_bytes("cal"); }));
  EXPECT_TRUE(differs([](auto& of) { of.offerer = as_bytes("alice@host/2"); }));
  EXPECT_TRUE(differs([](auto& of) { of.answerer = as_bytes("bob@host/3"); }));
  EXPECT_TRUE(differs([](auto& of) { of.offerer_fingerprint.bytes[31] = 1; }));
  EXPECT_TRUE(differs([](auto& of) { of.answerer_fingerprint.bytes[31] = 1; }));
  // Lengths keep the texts apart.
  EXPECT_TRUE(differs([](auto& of) {
    of.call_id = as_bytes("calla");
    of.offerer = as_bytes("lice@host/1");
  }));
}

TEST(CallSecretTest, EveryStreamOfEverySideHasItsOwnChainAndSource) {
  const auto secret = derive_call_secret(share(1), share(2), parties());
  std::set<std::uint32_t> sources;
  std::set<Bytes> chains;
  for (const auto side : {CallSide::offerer, CallSide::answerer}) {
    for (const auto stream : {StreamId::audio, StreamId::camera, StreamId::screen}) {
      sources.insert(*stream_ssrc(*secret, side, stream));
      chains.insert(to_bytes(frame_chain(*secret, side, stream)->view()));
    }
  }
  EXPECT_EQ(sources.size(), 6u);
  EXPECT_EQ(chains.size(), 6u);
}

TEST(CallSecretTest, SafetyWordsComeFromTheList) {
  EXPECT_TRUE(std::ranges::is_sorted(safety_word_list, std::ranges::less_equal{}));
  const auto words = safety_words(*derive_call_secret(share(1), share(2), parties()));
  ASSERT_TRUE(words);
  EXPECT_TRUE(std::ranges::binary_search(safety_word_list, words->first));
  EXPECT_TRUE(std::ranges::binary_search(safety_word_list, words->second));
}

TEST(MediaCertificateTest, IsAnotherOneEachTime) {
  const auto one = MediaCertificate::make();
  const auto other = MediaCertificate::make();
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->fingerprint(), other->fingerprint());
}

}  // namespace
}  // namespace pqc::media
