#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "media/transport/frame_sealer.h"
#include "media/transport/srtp.h"
#include "support.h"

namespace pqc::media::testing {
namespace {

CallSecret secret(std::uint8_t value = 1) {
  return *derive_call_secret(share(value), share(2), {as_bytes("c"), as_bytes("a"), as_bytes("b"), {}, {}});
}

constexpr auto offerer = CallSide::offerer;
constexpr auto answerer = CallSide::answerer;
const Bytes metadata(11, 1);

struct Ends {
  explicit Ends(CallSide sender = offerer, StreamId stream = StreamId::audio, std::uint8_t of = 1)
      : sealer(*FrameSealer::make(*frame_chain(secret(of), sender, stream), sender, stream, now)),
        opener(*FrameOpener::make(*frame_chain(secret(of), sender, stream), sender, stream)) {}

  Bytes seal(std::string_view frame) {
    Bytes out(frame.size() + frame_overhead);
    EXPECT_TRUE(sealer.seal(metadata, as_bytes(frame), out, now));
    return out;
  }
  Result<std::string> open(ByteView sealed, ByteView with = metadata) {
    Bytes out(sealed.size());
    return opener.open(with, sealed, out, now).transform([&](std::size_t size) {
      return std::string(as_text(ByteView(out).first(size)));
    });
  }

  Time now{1h};
  FrameSealer sealer;
  FrameOpener opener;
};

TEST(Frames, HaveOneSizeAndNeverACounterTwice) {
  Ends ends;
  std::set<Bytes> headers;
  for (int i = 0; i < 500; ++i) {
    if (i % 100 == 99) {
      ASSERT_TRUE(ends.sealer.rekey(ends.now));
    }
    const auto sealed = ends.seal("frame");
    EXPECT_EQ(sealed.size(), 5 + frame_overhead);
    EXPECT_TRUE(headers.insert(Bytes(sealed.begin(), sealed.begin() + frame_header_size)).second);
    EXPECT_EQ(ends.open(sealed), "frame");
  }
  EXPECT_EQ(ends.sealer.generation(), 5u);
  EXPECT_EQ(ends.opener.generation(), 5u);
}

TEST(Frames, KeysChangeWithTime) {
  Ends ends;
  ends.now += 10min - 1ms;
  EXPECT_EQ(ends.open(ends.seal("a")), "a");
  EXPECT_EQ(ends.sealer.generation(), 0u);
  ends.now += 1ms;
  EXPECT_EQ(ends.open(ends.seal("b")), "b");
  EXPECT_EQ(ends.sealer.generation(), 1u);
}

TEST(Frames, LateOnesOpenForTwoSeconds) {
  Ends ends;
  const auto early = ends.seal("early"), late = ends.seal("late"), later = ends.seal("later");
  ASSERT_TRUE(ends.sealer.rekey(ends.now));
  EXPECT_EQ(ends.open(early), "early");
  EXPECT_EQ(ends.open(ends.seal("new")), "new");
  ends.now += 1999ms;
  EXPECT_EQ(ends.open(late), "late");
  EXPECT_EQ(ends.open(late).error(), Error::refused);
  ends.now += 1ms;
  EXPECT_EQ(ends.open(later).error(), Error::refused);
}

TEST(Frames, GenerationsMayBeMissedButNotTooMany) {
  Ends ends;
  for (int i = 0; i < 1'024; ++i) {
    ends.seal("lost");
    ASSERT_TRUE(ends.sealer.rekey(ends.now));
  }
  const auto far = ends.seal("far");
  ASSERT_TRUE(ends.sealer.rekey(ends.now));
  EXPECT_EQ(ends.open(ends.seal("too far")).error(), Error::refused);
  EXPECT_EQ(ends.opener.generation(), 0u);
  EXPECT_EQ(ends.open(far), "far");
  EXPECT_EQ(ends.opener.generation(), 1'024u);
}

TEST(Frames, AStreamThatSendsNothingStaysInItsGeneration) {
  Ends ends;
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(ends.sealer.rekey(ends.now));
  EXPECT_EQ(ends.sealer.generation(), 0u);
  EXPECT_EQ(ends.open(ends.seal("first")), "first");
}

// What a forger makes us derive is kept, and bounded; the next generation opens all the same.
TEST(Frames, ForgedGenerationsCostOneDerivationInATime) {
  Ends ends;
  const auto forged = [&](std::uint8_t generation) {
    auto out = ends.seal("forged");
    out[2] = generation;  // the low byte
    return out;
  };
  EXPECT_FALSE(ends.open(forged(200)));
  Ends same;
  for (int i = 0; i < 200; ++i) {
    same.seal("lost");
    ASSERT_TRUE(same.sealer.rekey(same.now));
  }
  const auto two_hundredth = same.seal("200");
  for (int i = 0; i < 9; ++i) {
    same.seal("lost");
    ASSERT_TRUE(same.sealer.rekey(same.now));
  }
  // Another one behind the next has to wait; the kept one has not.
  EXPECT_FALSE(ends.open(same.seal("209")));
  EXPECT_EQ(ends.opener.generation(), 0u);
  EXPECT_EQ(ends.open(two_hundredth), "200");
  ends.now += 100ms;
  same.seal("lost");
  EXPECT_EQ(ends.open(same.seal("209")), "209");
}

TEST(Frames, TheNextGenerationOpensWhileOthersAreForged) {
  Ends ends;
  for (const int generation : {1, 7, 8}) {
    auto forged = ends.seal("forged");
    forged[2] = static_cast<std::uint8_t>(generation);
    EXPECT_FALSE(ends.open(forged));
  }
  ASSERT_TRUE(ends.sealer.rekey(ends.now));
  EXPECT_EQ(ends.open(ends.seal("next")), "next");
}

TEST(Frames, AForgedGenerationChangesNothing) {
  Ends ends;
  const auto good = ends.seal("good");
  auto forged = ends.seal("forged");
  forged[2] = 9;  // the generation's low byte
  EXPECT_EQ(ends.open(forged).error(), Error::refused);
  EXPECT_EQ(ends.opener.generation(), 0u);
  EXPECT_EQ(ends.open(good), "good");
}

TEST(Frames, Threat13ReplayedOrDamagedOnesAreRefused) {
  Ends ends;
  std::vector<Bytes> sealed;
  for (int i = 0; i < 1'200; ++i) sealed.push_back(ends.seal("frame"));
  EXPECT_TRUE(ends.open(sealed[1'199]));
  // 1,024 counters behind the highest, in any order, once each.
  std::vector<int> order;
  for (int i = 176; i < 1'199; ++i) order.push_back(i);
  std::ranges::shuffle(order, std::minstd_rand(1));
  for (const int i : order) {
    ASSERT_TRUE(ends.open(sealed[static_cast<std::size_t>(i)])) << i;
    ASSERT_FALSE(ends.open(sealed[static_cast<std::size_t>(i)])) << i;
  }
  EXPECT_FALSE(ends.open(sealed[175]));
  const auto fresh = ends.seal("fresh");
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    auto damaged = fresh;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(ends.open(damaged)) << i;
    EXPECT_FALSE(ends.open(ByteView(fresh).first(i))) << i;
  }
  EXPECT_EQ(ends.open(fresh), "fresh");
}

TEST(Frames, Threat13ReflectedOnesAreRefused) {
  Ends out(offerer);
  Ends back(answerer);
  EXPECT_EQ(back.open(out.seal("mine")).error(), Error::refused);
}

// A forwarder that can read and write RTP moves sealed frames between streams, callers and places.
TEST(Frames, Threat19SwappedAndRelabelledOnesAreRefused) {
  Ends audio(offerer, StreamId::audio);
  Ends camera(offerer, StreamId::camera);
  Ends other_call(offerer, StreamId::audio, 9);
  EXPECT_FALSE(camera.open(audio.seal("audio")));
  EXPECT_FALSE(audio.open(camera.seal("camera")));
  EXPECT_FALSE(audio.open(other_call.seal("other")));
  // Its own key id on another stream's frame.
  auto relabelled = camera.seal("camera");
  const auto own = audio.seal("audio");
  std::ranges::copy_n(own.begin(), frame_header_size, relabelled.begin());
  EXPECT_FALSE(audio.open(relabelled));
  // Payload type, sequence number, timestamp and source are the sender's.
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    auto moved = metadata;
    moved[i] ^= 1;
    EXPECT_FALSE(audio.open(own, moved)) << i;
  }
  EXPECT_EQ(audio.open(own), "audio");
}

TEST(Mix, OtherSecretsGiveOtherKeys) {
  const Bytes exported(88, 3), mix(64, 1), other(64, 2);
  constexpr auto profile = SrtpProfile::aead_aes_256_gcm;
  auto client = Srtp::make(profile, *srtp_keys(profile, DtlsRole::connect, exported, mix));
  auto server = Srtp::make(profile, *srtp_keys(profile, DtlsRole::accept, exported, mix));
  auto stranger = Srtp::make(profile, *srtp_keys(profile, DtlsRole::accept, exported, other));
  auto plain = Srtp::make(profile, *srtp_keys(profile, DtlsRole::accept, exported, std::nullopt));
  ASSERT_TRUE(client && server && stranger && plain);
  alignas(8) std::array<std::uint8_t, 400> packet{0x80, 111, 0, 1};
  const auto size = client->protect(packet, 100);
  ASSERT_EQ(size, 116u);
  for (auto* receiver : {&*stranger, &*plain, &*client}) {
    auto copy = packet;
    EXPECT_EQ(receiver->unprotect(copy, *size).error(), Error::refused);
  }
  auto copy = packet;
  EXPECT_EQ(server->unprotect(copy, *size), 100u);
  copy = packet;
  EXPECT_EQ(server->unprotect(copy, *size).error(), Error::refused);
}

TEST(Mix, TakesSecretsOfThirtyTwoToSixtyFourBytes) {
  const Bytes exported(88, 3);
  for (const std::size_t size : {0, 31, 32, 64, 65}) {
    const Bytes mix(size);
    const auto keys = srtp_keys(SrtpProfile::aead_aes_256_gcm, DtlsRole::connect, exported, mix);
    EXPECT_EQ(keys.has_value(), size >= 32 && size <= 64) << size;
  }
}

}  // namespace
}  // namespace pqc::media::testing
