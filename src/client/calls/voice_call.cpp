#include "client/calls/voice_call.h"

#include <algorithm>

#include "client/calls/local_addresses.h"
#include "client/calls/media_thread.h"
#include "client/calls/voice_wishes.h"
#include "client/limits.h"
#include "crypto/random.h"

namespace pqc::client {
namespace {

namespace ice = net::ice;

// RFC 8445 §5.3: their characters are those of base64. Multiples of three bytes, so that nothing is padded.
ice::Credentials fresh_credentials() {
  auto& rng = crypto::SystemRng::instance();
  return {.ufrag = to_base64(rng.bytes<6>()), .password = to_base64(rng.bytes<18>())};
}

std::optional<CallCandidateType> told_type(ice::CandidateType type) {
  switch (type) {
    case ice::CandidateType::host:
      return CallCandidateType::host;
    case ice::CandidateType::server_reflexive:
      return CallCandidateType::server_reflexive;
    case ice::CandidateType::relayed:
      return CallCandidateType::relayed;
    case ice::CandidateType::peer_reflexive:
      return std::nullopt;
  }
  return std::nullopt;
}

ice::CandidateType type_of(CallCandidateType type) {
  switch (type) {
    case CallCandidateType::host:
      return ice::CandidateType::host;
    case CallCandidateType::server_reflexive:
      return ice::CandidateType::server_reflexive;
    case CallCandidateType::relayed:
      return ice::CandidateType::relayed;
  }
  return ice::CandidateType::host;
}

class VoiceCall final : public CallMedia {
 public:
  VoiceCall(Loop& loop, CallAudio audio, bool offering, CallMediaEvents events)
      : loop_(loop), audio_(std::move(audio)), offering_(offering), events_(std::move(events)) {}

  Status start() {
    auto certificate = media::MediaCertificate::make();
    if (!certificate) return fail(ExitCode::unexpected, "no certificate could be made for the call");
    certificate_.emplace(std::move(*certificate));
    auto addresses = local_addresses();
    if (addresses.empty())
      return fail(ExitCode::unreachable, "this machine has no address, not even its own: is a network up?");
    credentials_ = fresh_credentials();
    auto agent = ice::Agent::start({.controlling = offering_,
                                    .local_ips = std::move(addresses),
                                    .port = 0,
                                    .credentials = credentials_,
                                    .stun = {},
                                    .turn = {}});
    if (!agent) return fail(ExitCode::unreachable, "no way to be reached: " + agent.error());
    agent_ = std::move(*agent);
    ready_ = loop_.when_readable(agent_->ready_fd(), [this] {
      agent_->clear();
      if (agent_->state() != ice::State::gathering) gathered();
    });
    give_up_ = loop_.after(limits::call_gathering, [this] { gathered(); });
    return {};
  }

  void connect(const ConnectMedia& with, const std::string& our_name, const std::string& their_name) override {
    ready_.reset();
    auto settings = settings_for(with, our_name, their_name);
    if (!settings) return end_later(settings.error());
    auto started = MediaThread::start(
        std::move(*settings),
        {.connected = [this] { later([this] { events_.connected(); }); },
         .ended = [this](bool orderly,
                         const std::string& why) { later([this, orderly, why] { events_.ended(orderly, why); }); }});
    if (!started) return end_later(started.error());
    thread_ = std::move(*started);
    thread_->set_muted(muted_);
  }

  void set_muted(bool muted) override {
    muted_ = muted;
    if (thread_) thread_->set_muted(muted);
  }
  [[nodiscard]] CallQuality quality() const override { return thread_ ? thread_->quality() : CallQuality(); }

 private:
  // Once; what has not answered by then is done without.
  void gathered() {
    give_up_.reset();
    ready_.reset();
    CallDescription out;
    out.fingerprint = certificate_->fingerprint().bytes;
    out.ufrag = credentials_.ufrag;
    out.password = credentials_.password;
    for (const auto& candidate : agent_->candidates()) {
      const auto type = told_type(candidate.type);
      if (!type || out.candidates.size() == limits::call_candidates) continue;
      out.candidates.push_back({.type = *type, .ip = candidate.ip, .port = candidate.port});
    }
    later([this, out] { events_.described(out); });
  }

  std::expected<MediaThreadSettings, std::string> settings_for(const ConnectMedia& with, const std::string& ours,
                                                               const std::string& theirs) {
    const media::CallShare our_share(with.ours.secret);
    const media::CallShare their_share(with.their_secret);
    const media::Fingerprint peer{with.theirs.fingerprint};
    const auto& own = certificate_->fingerprint();
    auto secret =
        media::derive_call_secret(with.offering ? our_share : their_share, with.offering ? their_share : our_share,
                                  {.call_id = with.id,
                                   .offerer = as_bytes(with.offering ? ours : theirs),
                                   .answerer = as_bytes(with.offering ? theirs : ours),
                                   .offerer_fingerprint = with.offering ? own : peer,
                                   .answerer_fingerprint = with.offering ? peer : own});
    if (!secret) return std::unexpected("no secret could be derived");
    const auto words = media::safety_words(*secret);
    if (!words) return std::unexpected("no secret could be derived");
    MediaThreadSettings out{
        .agent = std::move(agent_),
        .peer_credentials = {.ufrag = with.theirs.ufrag, .password = with.theirs.password},
        .peer_candidates = {},
        .session = {.side = with.offering ? media::CallSide::offerer : media::CallSide::answerer,
                    .role = {},
                    .certificate = *certificate_,
                    .peer_fingerprint = peer,
                    .secret = std::move(*secret)},
        .voice = {.source = media::voice::parse_endpoint(audio_.in), .sink = media::voice::parse_endpoint(audio_.out)},
        .wanted = {},
        .words = std::string(words->first) + " " + std::string(words->second)};
    out.wanted = rate_limits(with.theirs);
    keep_to(out.wanted, out.voice);
    // A file is played and written as it is.
    out.voice.processing = std::holds_alternative<media::voice::Device>(out.voice.source);
    for (const auto& candidate : with.theirs.candidates)
      out.peer_candidates.push_back({type_of(candidate.type), candidate.ip, candidate.port});
    return out;
  }

  void end_later(const std::string& why) {
    later([this, why] { events_.ended(false, why); });
  }
  // From any thread.
  void later(std::function<void()> work) {
    loop_.post([weak = std::weak_ptr(alive_), work = std::move(work)] {
      if (!weak.expired()) work();
    });
  }

  Loop& loop_;
  CallAudio audio_;
  bool offering_;
  CallMediaEvents events_;
  bool muted_ = false;
  std::optional<media::MediaCertificate> certificate_;
  ice::Credentials credentials_;
  std::unique_ptr<ice::Agent> agent_;  // until connect()
  Loop::HandlePtr ready_;
  Loop::HandlePtr give_up_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::unique_ptr<MediaThread> thread_;  // last: its thread uses the others
};

}  // namespace

Result<std::unique_ptr<CallMedia>> make_voice_call(Loop& loop, const CallAudio& audio, bool offering,
                                                   CallMediaEvents events) {
  auto call = std::make_unique<VoiceCall>(loop, audio, offering, std::move(events));
  if (auto started = call->start(); !started) return pass(started);
  return call;
}

}  // namespace pqc::client
