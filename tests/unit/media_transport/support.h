// Two sessions and the network between them, all in memory and by one clock.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crypto/random.h"
#include "media/transport/media_session.h"

namespace pqc::media::testing {

using namespace std::chrono_literals;

inline CallShare share(std::uint8_t value) {
  CallShare out;
  std::ranges::fill(out.fill(), value);
  return out;
}

// Datagrams on their way one way. `tamper` sees each, and says how many copies arrive and when.
class Wire final : public DatagramPath {
 public:
  void send(ByteView datagram) override {
    seen.push_back(to_bytes(datagram));
    if (tamper) return tamper(seen.back(), *this);
    deliver(seen.back(), 0ms);
  }
  void deliver(Bytes datagram, std::chrono::milliseconds delay) {
    waiting.emplace_back(now + delay + latency, std::move(datagram));
  }

  Time now{};
  std::chrono::milliseconds latency{5};
  std::vector<std::pair<Time, Bytes>> waiting;
  std::vector<Bytes> seen;
  std::function<void(const Bytes&, Wire&)> tamper;
};

struct Received {
  StreamId stream;
  std::int64_t sequence;
  std::uint32_t timestamp;
  Bytes payload;
};

class Side final : public MediaObserver {
 public:
  void on_state(SessionState state) override { states.push_back(state); }
  void on_frame(const ReceivedFrame& frame) override {
    frames.push_back({frame.stream, frame.sequence, frame.timestamp, to_bytes(frame.payload)});
  }
  void on_feedback(std::span<const PacketReport> reports) override {
    feedback.insert(feedback.end(), reports.begin(), reports.end());
  }

  Wire out;
  std::vector<SessionState> states;
  std::vector<Received> frames;
  std::vector<PacketReport> feedback;
  std::unique_ptr<MediaSession> session;
};

class Call {
 public:
  explicit Call(std::uint64_t seed = 1) : rng(seed) {}

  // Of a side that wants a plain peer.
  MediaSettings plain(CallSide side, bool allowed) {
    const bool offers = side == CallSide::offerer;
    return {.side = side,
            .role = {},
            .certificate = offers ? offerer_certificate : answerer_certificate,
            .peer_fingerprint = (offers ? answerer_certificate : offerer_certificate).fingerprint(),
            .secret = {},
            .allow_plain_peer = allowed};
  }
  MediaSettings settings(CallSide side) {
    auto out = plain(side, false);
    out.secret = *derive_call_secret(share(1), share(2),
                                     {as_bytes("call"), as_bytes("a"), as_bytes("b"), offerer_certificate.fingerprint(),
                                      answerer_certificate.fingerprint()});
    return out;
  }

  void start(MediaSettings offerer, MediaSettings answerer) {
    alice.session = *MediaSession::start(std::move(offerer), alice.out, alice, rng, now);
    bob.session = *MediaSession::start(std::move(answerer), bob.out, bob, rng, now);
  }
  void start() { start(settings(CallSide::offerer), settings(CallSide::answerer)); }

  // Moves on by `time`, a millisecond a step.
  void run(std::chrono::milliseconds time) {
    for (auto end = now + time; now < end;) {
      now += 1ms;
      alice.out.now = bob.out.now = now;
      alice.session->poll(now);
      bob.session->poll(now);
      carry(alice.out, *bob.session, now);
      carry(bob.out, *alice.session, now);
    }
  }
  bool connect() {
    const auto connecting = [](const Side& side) { return side.session->state() == SessionState::connecting; };
    for (int i = 0; i < 20'000 && (connecting(alice) || connecting(bob)); ++i) run(1ms);
    return alice.session->state() == SessionState::connected && bob.session->state() == SessionState::connected;
  }
  // Moves on in long steps in which what comes does so after the time that the sides are asked what is to be done.
  void run_late(std::chrono::milliseconds time) {
    constexpr auto step = 100ms;
    for (const auto end = now + time; now < end; now += step) {
      alice.out.now = bob.out.now = now;
      carry(alice.out, *bob.session, now + step / 2);
      carry(bob.out, *alice.session, now + step / 2);
      alice.session->poll(now);
      bob.session->poll(now);
    }
  }
  // `count` frames of 80 bytes each way, 10 ms apart.
  void talk(int count) {
    for (int i = 0; i < count; ++i) {
      for (auto* side : {&alice, &bob}) {
        if (!side->session->send_frame(StreamId::audio, clock, frame(side == &alice), now)) ++unsent;
      }
      clock += 480;
      run(10ms);
    }
  }
  Bytes frame(bool of_alice) const {
    Bytes out(80, of_alice ? 'a' : 'b');
    out[0] = static_cast<std::uint8_t>(clock / 480);
    return out;
  }

  crypto::SeededRng rng;
  MediaCertificate offerer_certificate = *MediaCertificate::make();
  MediaCertificate answerer_certificate = *MediaCertificate::make();
  Time now{1h};
  std::uint32_t clock = 0;
  int unsent = 0;
  Side alice, bob;

 private:
  void carry(Wire& from, MediaSession& to, Time at) {
    std::vector<Bytes> due;
    std::erase_if(from.waiting, [&](auto& entry) {
      if (entry.first > now) return false;
      due.push_back(std::move(entry.second));
      return true;
    });
    for (const auto& datagram : due) to.handle_datagram(datagram, at);
  }
};

inline bool is_media(const Bytes& datagram) {
  return datagram[0] >= 128 && datagram[0] < 192 && (datagram[1] < 192 || datagram[1] > 223);
}

}  // namespace pqc::media::testing
