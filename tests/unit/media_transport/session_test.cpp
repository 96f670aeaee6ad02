#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "media/transport/media_session.h"
#include "media/transport/sent_packets.h"
#include "support.h"

namespace pqc::media::testing {
namespace {

TEST(MediaSessionTest, CarriesFramesBothWays) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.talk(100);
  EXPECT_EQ(call.unsent, 0);
  ASSERT_EQ(call.alice.frames.size(), 100u);
  ASSERT_EQ(call.bob.frames.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(call.bob.frames[i].payload[0], i);
    EXPECT_EQ(call.bob.frames[i].payload[1], 'a');
    EXPECT_EQ(call.bob.frames[i].sequence, call.bob.frames[0].sequence + static_cast<std::int64_t>(i));
    EXPECT_EQ(call.bob.frames[i].timestamp, call.bob.frames[0].timestamp + 480 * i);
  }
  // Two reports each way.
  call.talk(300);
  const auto statistics = call.alice.session->statistics();
  EXPECT_EQ(statistics.refused, 0u);
  ASSERT_TRUE(statistics.round_trip);
  EXPECT_NEAR(static_cast<double>(statistics.round_trip->count()), 10'000, 3'000);
}

TEST(MediaSessionTest, Threat18EveryPacketOfAStreamHasOneSize) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.talk(50);
  call.alice.session->rekey(call.now);
  call.talk(50);
  std::set<std::size_t> sizes;
  for (const auto& datagram : call.alice.out.seen) {
    if (is_media(datagram)) sizes.insert(datagram.size());
    EXPECT_LE(datagram.size(), 1'200u);
  }
  EXPECT_EQ(sizes, std::set<std::size_t>{80 + 59});
}

// At 64 kbit/s in frames of 10 ms, with the voice engine's byte before each: at most 140 kbit/s with IP and UDP.
TEST(MediaSessionTest, VoiceNeedsNoMoreThanItsShare) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.talk(100);
  const auto before = call.alice.session->statistics();
  call.talk(500);
  const auto after = call.alice.session->statistics();
  const auto bytes = after.bytes_sent - before.bytes_sent + (after.packets_sent - before.packets_sent) * 28;
  EXPECT_LE((bytes + 500) * 8 / 5, 140'000u);
}

TEST(MediaSessionTest, LossReorderAndDuplicationAreCounted) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  std::minstd_rand random(7);
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    if (random() % 10 == 0) return;
    wire.deliver(datagram, std::chrono::milliseconds(random() % 30));
    if (random() % 20 == 0) wire.deliver(datagram, std::chrono::milliseconds(random() % 30));
  };
  call.talk(400);
  EXPECT_NEAR(static_cast<double>(call.bob.frames.size()), 360, 25);
  std::set<std::int64_t> sequences;
  for (const auto& frame : call.bob.frames) EXPECT_TRUE(sequences.insert(frame.sequence).second);
  const auto statistics = call.bob.session->statistics(StreamId::audio);
  EXPECT_NEAR(static_cast<double>(statistics.packets_lost), 40, 25);
  EXPECT_GT(statistics.jitter, 3ms);
  EXPECT_GT(call.bob.session->statistics().refused, 0u);
  EXPECT_GT(call.alice.session->statistics(StreamId::audio).peer_jitter, 3ms);
}

TEST(MediaSessionTest, AHandshakeSurvivesLossInAnyPlace) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Call call(seed);
    std::minstd_rand random(seed + 100);
    const auto lossy = [&](const Bytes& datagram, Wire& wire) {
      if (random() % 3 != 0) wire.deliver(datagram, std::chrono::milliseconds(random() % 10));
    };
    call.alice.out.tamper = lossy;
    call.bob.out.tamper = lossy;
    call.start();
    ASSERT_TRUE(call.connect()) << seed;
    call.alice.out.tamper = call.bob.out.tamper = nullptr;
    call.talk(3);
    EXPECT_EQ(call.alice.frames.size(), 3u);
    EXPECT_EQ(call.bob.frames.size(), 3u);
  }
}

TEST(MediaSessionTest, FeedbackTellsWhatArrived) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  int count = 0;
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    if (!is_media(datagram) || ++count % 5 != 0) wire.deliver(datagram, 0ms);
  };
  call.talk(130);
  call.run(300ms);
  // What is missing of the last 250 ms may still come.
  ASSERT_GE(call.alice.feedback.size(), 122u);
  std::size_t lost = 0;
  for (const auto& report : call.alice.feedback) {
    EXPECT_EQ(report.size, 139u);
    if (!report.arrival) ++lost;
  }
  EXPECT_NEAR(static_cast<double>(lost), 21, 2);
  const auto& first = call.alice.feedback.front();
  const auto& last = call.alice.feedback.back();
  const auto there = *last.arrival - *first.arrival;
  EXPECT_LT(std::chrono::abs(there - (last.sent - first.sent)), 2ms);
}

// Whoever takes what came and then asks by the clock as it was before.
TEST(MediaSessionTest, AReportThatCameAMomentAgoTellsNoRoundTripOfMinutes) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  for (int i = 0; i < 60; ++i) {
    call.talk(1);
    call.run_late(1s);
    for (const auto* side : {&call.alice, &call.bob}) {
      const auto round_trip = side->session->statistics().round_trip;
      ASSERT_TRUE(round_trip || i <= 10);
      ASSERT_LT(round_trip.value_or(0us), 1s) << "after " << i << " s";
    }
  }
}

TEST(MediaSessionTest, PacketsThatComeLateAreNotLost) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  // Up to 100 ms late: many come when feedback has told of later ones. One in twenty does not come.
  int count = 0;
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    if (!is_media(datagram) || ++count % 20 != 0) wire.deliver(datagram, std::chrono::milliseconds(count * 37 % 100));
  };
  call.talk(400);
  call.run(500ms);
  std::set<std::int64_t> told;
  std::size_t lost = 0;
  for (const auto& report : call.alice.feedback) {
    EXPECT_TRUE(told.insert(report.sequence).second);
    if (!report.arrival) ++lost;
  }
  EXPECT_GE(told.size(), 395u);
  EXPECT_NEAR(static_cast<double>(lost), 20, 2);
}

TEST(MediaSessionTest, LostPacketsComeAgainWhereTheyAreAskedFor) {
  Call call;
  auto offerer = call.settings(CallSide::offerer);
  auto answerer = call.settings(CallSide::answerer);
  offerer.streams[0].retransmit = answerer.streams[0].retransmit = true;
  call.start(std::move(offerer), std::move(answerer));
  ASSERT_TRUE(call.connect());
  int count = 0;
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    if (!is_media(datagram) || ++count % 7 != 0) wire.deliver(datagram, 0ms);
  };
  call.talk(200);
  call.run(500ms);
  EXPECT_GE(call.bob.frames.size(), 198u);
  EXPECT_GE(call.alice.session->statistics(StreamId::audio).retransmitted, 25u);
  // The very same bytes: no nonce serves two texts.
  std::set<Bytes> different(call.alice.out.seen.begin(), call.alice.out.seen.end());
  std::set<Bytes> headers;
  for (const auto& datagram : different) {
    if (is_media(datagram)) headers.insert(Bytes(datagram.begin(), datagram.begin() + 20));
  }
  const auto media = std::ranges::count_if(different, is_media);
  EXPECT_EQ(headers.size(), static_cast<std::size_t>(media));
}

// What is asked for again at once, or in great number, neither passes the pacer by nor goes out twice.
TEST(MediaSessionTest, PacketsSentAgainKeepThePace) {
  Call call;
  auto offerer = call.settings(CallSide::offerer);
  auto answerer = call.settings(CallSide::answerer);
  offerer.streams[0].retransmit = answerer.streams[0].retransmit = true;
  call.start(std::move(offerer), std::move(answerer));
  ASSERT_TRUE(call.connect());
  int count = 0;
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    ++count;
    if (!is_media(datagram) || count < 5 || count > 34) wire.deliver(datagram, 0ms);
  };
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(
        call.alice.session->send_frame(StreamId::audio, 480 * static_cast<std::uint32_t>(i), Bytes(80), call.now));
  }
  call.alice.session->set_pacing_rate(139 * 8 * 100);  // a hundred packets a second
  const auto before = call.alice.out.seen.size();
  call.run(60ms);
  const auto soon = std::ranges::count_if(std::span(call.alice.out.seen).subspan(before), is_media);
  EXPECT_GE(soon, 1);
  EXPECT_LE(soon, 5);
  EXPECT_GE(call.alice.session->statistics(StreamId::audio).retransmitted, 30u);
  call.run(400ms);
  EXPECT_EQ(call.bob.frames.size(), 40u);
}

TEST(KeptPackets, AreNotRepeatedWithinThePause) {
  KeptPackets kept;
  Time now{1h};
  kept.add(5, Bytes(100));
  EXPECT_TRUE(kept.repeat(5, now, 20ms));
  EXPECT_FALSE(kept.repeat(5, now + 19ms, 20ms));
  EXPECT_TRUE(kept.repeat(5, now + 20ms, 20ms));
  EXPECT_TRUE(kept.repeat(5, now + 40ms, 20ms));
  EXPECT_FALSE(kept.repeat(5, now + 60ms, 20ms));
  EXPECT_FALSE(kept.repeat(6, now, 20ms));
}

TEST(MediaSessionTest, FeedbackCountsFromTheStartOfTheSession) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.talk(30);
  ASSERT_FALSE(call.alice.feedback.empty());
  // The clock of the test stood at an hour.
  EXPECT_LT(*call.alice.feedback.front().arrival, 10s);
}

// Whether these bytes, which stand elsewhere themselves, stand in this process's heap.
bool in_heap(std::span<const std::uint8_t> bytes) {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  std::uint64_t from = 0, to = 0;
  while (std::getline(maps, line) && !line.ends_with("[heap]")) {
  }
  if (std::sscanf(line.c_str(), "%lx-%lx", &from, &to) != 2) return false;
  static std::array<std::uint8_t, 1 << 16> memory;
  const int file = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  bool found = false;
  for (auto at = from; at < to && !found; at += memory.size() - bytes.size()) {
    const auto wanted = std::min<std::size_t>(memory.size(), to - at);
    const auto size = ::pread(file, memory.data(), wanted, static_cast<off_t>(at));
    found = size > 0 && ::memmem(memory.data(), static_cast<std::size_t>(size), bytes.data(), bytes.size()) != nullptr;
  }
  ::close(file);
  return found;
}

// Forward secrecy: who takes the memory of a session that runs finds nothing that leads back to its start.
TEST(MediaSessionTest, ForgetsTheCallsSecret) {
  Call call;
  auto answerer = std::make_unique<MediaSettings>(call.settings(CallSide::answerer));
  static std::array<std::uint8_t, CallSecret::size> secret;
  std::ranges::copy(answerer->secret->view(), secret.begin());
  // A checker of memory has a heap of its own.
  if (!in_heap(secret)) GTEST_SKIP() << "no heap to look at";
  call.start(call.settings(CallSide::offerer), std::move(*answerer));
  EXPECT_FALSE(in_heap(secret));
  ASSERT_TRUE(call.connect());
  EXPECT_FALSE(in_heap(secret));
}

TEST(MediaSessionTest, ThePacerSpreadsABurst) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.alice.session->set_pacing_rate(139 * 8 * 100);  // a hundred packets a second
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(call.alice.session->send_frame(StreamId::audio, 0, Bytes(80), call.now));
  }
  call.run(50ms);
  const auto soon = call.bob.frames.size();
  EXPECT_GE(soon, 4u);
  EXPECT_LE(soon, 6u);
  call.run(100ms);
  EXPECT_EQ(call.bob.frames.size(), 10u);
}

// A network that sends back, repeats and changes what it carries: only the peer's own frames arrive, once.
TEST(MediaSessionTest, Threat13ReflectedRepeatedAndDamagedPacketsAreRefused) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.talk(3);
  const auto sent = call.alice.out.seen;
  const auto refused = call.alice.session->statistics().refused + call.bob.session->statistics().refused;
  for (const auto& datagram : sent) {
    if (datagram[0] < 128) continue;
    call.alice.session->handle_datagram(datagram, call.now);
    call.bob.session->handle_datagram(datagram, call.now);
    auto damaged = datagram;
    damaged[damaged.size() / 2] ^= 1;
    call.bob.session->handle_datagram(damaged, call.now);
  }
  EXPECT_TRUE(call.alice.frames.size() == 3 && call.bob.frames.size() == 3);
  EXPECT_GE(call.alice.session->statistics().refused + call.bob.session->statistics().refused, refused + 9);
  call.talk(3);
  EXPECT_TRUE(call.alice.frames.size() == 6 && call.bob.frames.size() == 6);
}

TEST(MediaSessionTest, SaysGoodbye) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  call.alice.session->close(call.now);
  EXPECT_EQ(call.alice.session->state(), SessionState::closed);
  call.run(20ms);
  EXPECT_EQ(call.bob.session->state(), SessionState::closed);
  EXPECT_FALSE(call.bob.session->error());
  EXPECT_EQ(call.bob.session->send_frame(StreamId::audio, 0, Bytes(80), call.now).error(), Error::not_connected);
}

TEST(MediaSessionTest, APlainPeerTakesPermissionOfBothSides) {
  Call call;
  EXPECT_EQ(
      MediaSession::start(call.plain(CallSide::offerer, false), call.alice.out, call.alice, call.rng, call.now).error(),
      Error::no_mix);
  call.start(call.plain(CallSide::offerer, true), call.plain(CallSide::answerer, true));
  ASSERT_TRUE(call.connect());
  call.talk(10);
  EXPECT_EQ(call.bob.frames.size(), 10u);
}

TEST(MediaSessionTest, APlainPeerHearsNothingOfOneWithTheMix) {
  Call call;
  call.start(call.settings(CallSide::offerer), call.plain(CallSide::answerer, true));
  ASSERT_TRUE(call.connect());
  call.talk(10);
  EXPECT_TRUE(call.alice.frames.empty());
  EXPECT_TRUE(call.bob.frames.empty());
  EXPECT_GE(call.alice.session->statistics().refused, 10u);
  EXPECT_GE(call.bob.session->statistics().refused, 10u);
}

TEST(MediaSessionTest, AnotherCertificateDoesNotConnect) {
  for (const auto side : {CallSide::offerer, CallSide::answerer}) {
    Call call;
    auto offerer = call.settings(CallSide::offerer);
    auto answerer = call.settings(CallSide::answerer);
    (side == CallSide::offerer ? offerer : answerer).peer_fingerprint = {{7}};
    call.start(std::move(offerer), std::move(answerer));
    EXPECT_FALSE(call.connect());
    auto& deceived = side == CallSide::offerer ? call.alice : call.bob;
    EXPECT_EQ(deceived.session->state(), SessionState::failed);
    EXPECT_EQ(deceived.session->error(), Error::wrong_fingerprint);
    EXPECT_EQ(deceived.states, std::vector{SessionState::failed});
  }
}

TEST(MediaSessionTest, GivesUpWhenNobodyAnswers) {
  Call call;
  call.start();
  call.alice.out.tamper = [](const Bytes&, Wire&) {};
  call.run(16s);
  EXPECT_EQ(call.bob.session->error(), Error::handshake_timeout);
}

TEST(MediaSessionTest, NothingFromOutsideHarmsIt) {
  Call call;
  call.start();
  ASSERT_TRUE(call.connect());
  std::minstd_rand random(5);
  for (int i = 0; i < 3'000; ++i) {
    Bytes datagram(random() % 1'600);
    for (auto& byte : datagram) byte = static_cast<std::uint8_t>(random());
    call.bob.session->handle_datagram(datagram, call.now);
  }
  call.talk(5);
  EXPECT_EQ(call.bob.frames.size(), 5u);
}

TEST(MediaSessionTest, ChecksItsSettings) {
  Call call;
  const auto refused = [&](auto change) {
    auto settings = call.settings(CallSide::offerer);
    change(settings);
    return MediaSession::start(std::move(settings), call.alice.out, call.alice, call.rng, call.now).error() ==
           Error::bad_settings;
  };
  EXPECT_TRUE(refused([](auto& of) { of.streams.clear(); }));
  EXPECT_TRUE(refused([](auto& of) { of.streams.push_back(of.streams[0]); }));
  EXPECT_TRUE(refused([](auto& of) { of.streams[0].payload_type = 72; }));
  EXPECT_TRUE(refused([](auto& of) { of.transport_sequence_extension = 15; }));
}

}  // namespace
}  // namespace pqc::media::testing
