// What anyone on the network can write into a handshake, which proves nothing: it goes on, with the peer.
#include <gtest/gtest.h>

#include "media/transport/dtls_record.h"
#include "support.h"

namespace pqc::media::testing {
namespace {

Bytes plain_alert(std::uint8_t level, std::uint8_t what) {
  return {alert_record, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, level, what};
}

// The handshake of two others, as one of them sent it.
std::vector<Bytes> foreign_flights(bool of_offerer) {
  Call others(99);
  others.start();
  EXPECT_TRUE(others.connect());
  auto out = (of_offerer ? others.alice : others.bob).out.seen;
  std::erase_if(out, [](const Bytes& datagram) { return datagram[0] >= 64; });
  EXPECT_GE(out.size(), 2u);
  return out;
}

void expect_talk(Call& call) {
  ASSERT_TRUE(call.connect());
  call.alice.out.tamper = call.bob.out.tamper = nullptr;
  call.talk(3);
  EXPECT_EQ(call.alice.frames.size(), 3u);
  EXPECT_EQ(call.bob.frames.size(), 3u);
}

TEST(Injection, AlertsInPlainTextEndNoHandshake) {
  Call call;
  const auto alerts = [](const Bytes& datagram, Wire& wire) {
    for (const auto& alert : {plain_alert(2, 40), plain_alert(1, 0)}) {
      wire.deliver(alert, 0ms);
      auto with = alert;
      with.insert(with.end(), datagram.begin(), datagram.end());
      wire.deliver(with, 0ms);
    }
  };
  call.alice.out.tamper = call.bob.out.tamper = alerts;
  call.start();
  expect_talk(call);
}

TEST(Injection, FlightsOfOthersEndNoHandshake) {
  for (const bool to_answerer : {true, false}) {
    for (const bool of_offerer : {true, false}) {
      const auto flights = foreign_flights(of_offerer);
      for (int place = 0; place < 3; ++place) {
        Call call;
        int count = 0;
        (to_answerer ? call.alice : call.bob).out.tamper = [&](const Bytes& datagram, Wire& wire) {
          if (count++ == place) {
            for (const auto& flight : flights) wire.deliver(flight, 0ms);
          }
          wire.deliver(datagram, 0ms);
        };
        call.start();
        SCOPED_TRACE(place + (to_answerer ? 10 : 0) + (of_offerer ? 100 : 0));
        expect_talk(call);
      }
    }
  }
}

TEST(Injection, NoiseEndsNoHandshake) {
  std::minstd_rand random(3);
  for (int round = 0; round < 10; ++round) {
    Call call;
    int damages = 0;
    const auto noise = [&](const Bytes& datagram, Wire& wire) {
      auto damaged = datagram;
      damaged[random() % damaged.size()] ^= 1;
      if (damages == 0 && random() % 4 == 0) {
        ++damages;
        wire.deliver(damaged, 0ms);
      }
      Bytes made(1 + random() % 200);
      for (auto& byte : made) byte = static_cast<std::uint8_t>(random());
      made[0] = static_cast<std::uint8_t>(20 + random() % 6);
      wire.deliver(made, 0ms);
      wire.deliver(datagram, 0ms);
    };
    call.alice.out.tamper = call.bob.out.tamper = noise;
    call.start();
    SCOPED_TRACE(round);
    expect_talk(call);
  }
}

// Somebody who sees each datagram and sends it again: five times as it is, three times with one byte in ten changed,
// and noise of its size.
TEST(Injection, WhatWasSeenAndChangedEndsNoHandshake) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    Call call(seed);
    std::minstd_rand random(seed + 1);
    const auto echo = [&](const Bytes& datagram, Wire& wire) {
      for (int i = 0; i < 6; ++i) wire.deliver(datagram, 0ms);
      for (const unsigned share : {10U, 10U, 10U, 1U}) {
        auto forged = datagram;
        for (auto& byte : forged) {
          if (random() % share == 0) byte = static_cast<std::uint8_t>(share == 1 ? random() : ~byte);
        }
        wire.deliver(forged, std::chrono::milliseconds(random() % 20));
      }
    };
    call.alice.out.tamper = call.bob.out.tamper = echo;
    call.start();
    SCOPED_TRACE(seed);
    expect_talk(call);
  }
}

// Record numbers in plain text are anybody's: one far ahead makes none behind it too old.
TEST(Injection, RecordNumbersFarAheadEndNoHandshake) {
  for (const bool to_answerer : {true, false}) {
    Call call;
    (to_answerer ? call.alice : call.bob).out.tamper = [](const Bytes& datagram, Wire& wire) {
      Bytes ahead{change_cipher_spec, 0xFE, 0xFD, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1};
      if (datagram[0] == handshake_record) wire.deliver(ahead, 0ms);
      wire.deliver(datagram, 0ms);
    };
    call.start();
    expect_talk(call);
    EXPECT_LT(call.now - Time{1h}, 1s);
  }
}

// The end of the acceptor's handshake gets lost until the other side has given up on its attempt: it begins anew, and
// the old one ends well.
TEST(Injection, AnEndThatIsLostForSecondsComesStill) {
  Call call;
  Time lossy_until = Time{1h} + 6s;
  call.alice.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    const bool last = datagram[0] == change_cipher_spec || (datagram[0] == handshake_record && datagram[4] == 1);
    if (!last || wire.now >= lossy_until) wire.deliver(datagram, 0ms);
  };
  call.start();
  expect_talk(call);
  EXPECT_GT(call.now - Time{1h}, 6s);
}

// What anyone can write in one datagram, before each of theirs.
TEST(Injection, OneDatagramEndsNoHandshake) {
  const Bytes change{change_cipher_spec, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1};
  Bytes changes;
  for (int i = 0; i < 85; ++i) changes.insert(changes.end(), change.begin(), change.end());
  const Bytes verify_hello{handshake_record,
                           0xFE,
                           0xFD,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           16,
                           3,
                           0,
                           0,
                           4,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           4,
                           0xFE,
                           0xFF,
                           1,
                           7};
  for (const auto& forged : {changes, verify_hello}) {
    Call call;
    const auto before_each = [&](const Bytes& datagram, Wire& wire) {
      wire.deliver(forged, 0ms);
      wire.deliver(datagram, 0ms);
    };
    call.alice.out.tamper = call.bob.out.tamper = before_each;
    call.start();
    expect_talk(call);
    EXPECT_LT(call.now - Time{1h}, 500ms);
  }
}

// A ServerHelloDone makes all that one who accepts has begun fail: the other side begins anew.
TEST(Injection, OneRecordDelaysAHandshakeForASecondAtMost) {
  const Bytes done{handshake_record, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 14, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  Call call;
  int count = 0;
  call.bob.out.tamper = [&](const Bytes& datagram, Wire& wire) {
    if (count++ == 1) wire.deliver(done, 0ms);
    wire.deliver(datagram, 0ms);
  };
  call.start();
  expect_talk(call);
  EXPECT_LT(call.now - Time{1h}, 1s);
}

TEST(Records, OnlyWholeOnesAreTaken) {
  const Bytes good{
      handshake_record, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 14, 14, 0, 0, 9, 0, 3, 0, 0, 7, 0, 0, 2, 1, 2};
  EXPECT_EQ(records_of(good, is_of_handshake), good);
  EXPECT_EQ(records_of(Bytes(good.begin(), good.end() - 1), is_of_handshake), Bytes());
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, std::uint8_t>>{
           {0, data_record}, {1, 3}, {3, 1}, {4, 2}, {12, 13}, {21, 8}, {22, 1}, {24, 1}, {24, 3}}) {
    auto bad = good;
    bad[at] = value;
    EXPECT_EQ(records_of(bad, is_of_handshake), Bytes()) << at;
  }
}

TEST(Records, AlertsInPlainTextAreTakenOut) {
  const Bytes other{handshake_record, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 12, 14, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0};
  auto sealed = plain_alert(1, 0);
  sealed[4] = 1;
  Bytes all;
  for (const auto& record : {plain_alert(2, 40), other, plain_alert(1, 0), sealed}) {
    all.insert(all.end(), record.begin(), record.end());
  }
  Bytes left = other;
  left.insert(left.end(), sealed.begin(), sealed.end());
  EXPECT_EQ(records_of(all, is_of_handshake), left);
  EXPECT_EQ(records_of(all, is_last), sealed);
  EXPECT_EQ(records_of(Bytes(5, alert_record), is_of_handshake), Bytes());
  for (std::size_t size = 0; size < 80; ++size) EXPECT_FALSE(client_hello(Bytes(size, handshake_record)));
}

}  // namespace
}  // namespace pqc::media::testing
