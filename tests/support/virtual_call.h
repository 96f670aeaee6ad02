// Both ends of a call, from file to file, over a bad network in virtual time: voice engines, sealed media sessions and
// what chooses the rate between them, as client/calls/media_thread.cpp puts them together.
#pragma once

#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "client/calls/call_rate.h"
#include "crypto/random.h"
#include "media/transport/media_session.h"
#include "media/voice/voice_engine.h"
#include "support/impaired_link.h"

namespace pqc::test {

class VirtualCallSide final : public media::DatagramPath, media::MediaObserver {
 public:
  using Micros = std::chrono::microseconds;

  VirtualCallSide(media::voice::Settings voice, const media::voice::RateLimits& wanted, std::uint64_t seed)
      : link(seed), settings_(std::move(voice)), wanted_(wanted) {
    engine = media::voice::VoiceEngine::create(settings_, [this](const auto& frame) {
               if (!rate_) return;
               if (sizes.empty() || sizes.back() != frame.payload.size()) sizes.push_back(frame.payload.size());
               if (session->send_frame(media::StreamId::audio, frame.timestamp, frame.payload, now_)) rate_->sent(now_);
             }).value();
  }

  void begin(media::MediaSettings session_settings, Rng& rng, media::Time now) {
    now_ = began_ = now;
    session = media::MediaSession::start(std::move(session_settings), *this, *this, rng, now).value();
  }

  // What this side does at a moment; what it sends comes to `peer`.
  void step(media::Time now, VirtualCallSide& peer) {
    now_ = now;
    for (; !arriving_.empty() && arriving_.top().at <= clock(); arriving_.pop())
      session->handle_datagram(arriving_.top().bytes, now);
    if (!rate_ && session->state() == media::SessionState::connected)
      rate_.emplace(settings_, wanted_, *session, false, now);
    if (engine_at_ <= clock()) engine_at_ = engine->step(clock());
    if (session_at_ <= now) session_at_ = session->poll(now);
    if (rate_) take(rate_->poll(now));
    for (auto& packet : leaving_) peer.arriving_.push(std::move(packet));
    leaving_.clear();
  }

  [[nodiscard]] const media::voice::RateChoice& choice() const { return rate_->choice(); }
  // Between changes of the rate all payloads have one size: this counts the changes.
  std::vector<std::size_t> sizes;
  int changes = 0;
  ImpairedLink link;  // what this side sends goes through
  std::unique_ptr<media::voice::VoiceEngine> engine;
  std::unique_ptr<media::MediaSession> session;

 private:
  struct Packet {
    Micros at;
    Bytes bytes;
    bool operator>(const Packet& other) const { return at > other.at; }
  };

  void send(ByteView datagram) override {
    session_at_ = {};  // it may have something to do sooner
    const auto exits = link.send(datagram.size() + ip_and_udp, clock());
    for (const auto at : exits.times()) leaving_.push_back({at, to_bytes(datagram)});
  }
  void on_frame(const media::ReceivedFrame& frame) override {
    engine->received(frame.timestamp, frame.payload, clock());
  }
  void on_feedback(std::span<const media::PacketReport> reports) override {
    if (rate_) take(rate_->feedback(reports, now_));
  }
  void take(const std::optional<media::voice::RateChoice>& choice) {
    if (!choice) return;
    engine->set_rate(*choice);
    ++changes;
  }
  [[nodiscard]] Micros clock() const { return std::chrono::floor<Micros>(now_ - began_); }

  static constexpr std::size_t ip_and_udp = 28;

  media::voice::Settings settings_;
  media::voice::RateLimits wanted_;
  std::optional<client::CallRate> rate_;
  media::Time began_{};
  media::Time now_{};
  media::Time session_at_{};
  Micros engine_at_{0};
  std::vector<Packet> leaving_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> arriving_;
};

class VirtualCall {
 public:
  // Both play the one file, and write to files beside it.
  explicit VirtualCall(const std::string& folder, const std::string& said, const media::voice::RateLimits& wanted = {})
      : alice(files(said, folder + "/alice.wav"), wanted, 1), bob(files(said, folder + "/bob.wav"), wanted, 2) {
    const auto ours = media::MediaCertificate::make().value();
    const auto theirs = media::MediaCertificate::make().value();
    alice.begin(settings(media::CallSide::offerer, ours, theirs), rng_, now_);
    bob.begin(settings(media::CallSide::answerer, theirs, ours), rng_, now_);
  }

  // Both directions.
  void set(const Impairment& impairment) {
    alice.link.set(impairment);
    bob.link.set(impairment);
  }
  void run(std::chrono::milliseconds time) {
    for (const auto end = now_ + time; now_ < end; now_ += std::chrono::milliseconds(1)) {
      alice.step(now_, bob);
      bob.step(now_, alice);
    }
  }

 private:
  static media::voice::Settings files(const std::string& said, const std::string& heard) {
    return {.source = media::voice::WavFile{said}, .sink = media::voice::WavFile{heard}, .processing = false};
  }
  static media::CallShare share(std::uint8_t value) {
    media::CallShare out;
    std::ranges::fill(out.fill(), value);
    return out;
  }
  static media::MediaSettings settings(media::CallSide side, const media::MediaCertificate& own,
                                       const media::MediaCertificate& peer) {
    const bool offers = side == media::CallSide::offerer;
    auto secret = media::derive_call_secret(share(1), share(2),
                                            {.call_id = as_bytes("call"),
                                             .offerer = as_bytes("alice"),
                                             .answerer = as_bytes("bob"),
                                             .offerer_fingerprint = (offers ? own : peer).fingerprint(),
                                             .answerer_fingerprint = (offers ? peer : own).fingerprint()});
    return {.side = side,
            .role = {},
            .certificate = own,
            .peer_fingerprint = peer.fingerprint(),
            .secret = std::move(*secret)};
  }

  crypto::SeededRng rng_{1};
  media::Time now_{std::chrono::hours(1)};

 public:
  VirtualCallSide alice;
  VirtualCallSide bob;
};

}  // namespace pqc::test
