#include "client/calls/voice_call.h"

#include <algorithm>

#include "base/log.h"
#include "client/calls/call_gathering.h"
#include "client/calls/local_addresses.h"
#include "client/calls/media_thread.h"
#include "client/calls/voice_wishes.h"
#include "client/limits.h"
#include "net/ice/farewells.h"

namespace pqc::client {
namespace {

namespace ice = net::ice;

// What the other side told of itself, for who looks for the reason why there is no path.
void log_candidates(const std::vector<CallCandidate>& told) {
  for (const auto& candidate : told)
    log(LogLevel::debug, "call.candidate",
        {{"type", candidate.type == CallCandidateType::host      ? "host"
                  : candidate.type == CallCandidateType::relayed ? "relayed"
                                                                 : "server_reflexive"},
         {"ip", candidate.ip}});
}

bool is_loopback(const std::vector<std::string>& addresses) {
  return std::ranges::all_of(addresses, [](const auto& ip) { return ip == "::1" || ip.starts_with("127."); });
}

class VoiceCall final : public CallMedia {
 public:
  VoiceCall(Loop& loop, CallSetup setup, CallMediaEvents events, bool echo, ice::Farewells& farewells)
      : loop_(loop), setup_(std::move(setup)), events_(std::move(events)), echo_(echo), farewells_(farewells) {}

  Status start() {
    auto certificate = media::MediaCertificate::make();
    if (!certificate) return fail(ExitCode::unexpected, "no certificate could be made for the call");
    certificate_.emplace(std::move(*certificate));
    addresses_ = local_addresses();
    if (addresses_.empty())
      return fail(ExitCode::unreachable, "this machine has no address, not even its own: is a network up?");
    gather([this](Result<CallGathering::Outcome> gathered) { described(std::move(gathered)); });
    return {};
  }

  void connect(const ConnectMedia& with, const std::string& our_name, const std::string& their_name) override {
    auto settings = settings_for(with, our_name, their_name);
    if (!settings) return end_later(settings.error());
    auto started = MediaThread::start(
        std::move(*settings),
        {.connected = [this] { later([this] { connected(); }); },
         .ended = [this](bool orderly,
                         const std::string& why) { later([this, orderly, why] { events_.ended(orderly, why); }); },
         .silent = [this] { later([this] { events_.silent(false); }); },
         .back = [this] { later([this] { events_.back(); }); },
         .replaced = [this] { later([this] { replaced(); }); },
         .retired = [this] { later([this] { thread_->end_replaced(); }); },
         .recording_changed = [this] { later([this] { events_.recording_changed(); }); }});
    if (!started) return end_later(started.error());
    thread_ = std::move(*started);
    thread_->set_muted(muted_);
  }

  void record(Result<RecordingPlan> plan) override {
    recorder_ = std::move(plan).and_then([](RecordingPlan made) { return Recorder::start(std::move(made)); });
    if (recorder_) recording_ = *recorder_;
  }
  RecordingEnd recording_end() override {
    if (!recording_) return {};
    return [recorder = std::move(recording_)] {
      recorder->finish();
      return recorder->failure();
    };
  }

  // An agent that nobody was told of yet serves the latest round.
  void restart(std::uint32_t round) override {
    round_ = round;
    theirs_.reset();
    fresh_.reset();
    if (!gathering_) gather_again();
  }
  void follow(std::uint32_t round, const CallPath& theirs) override {
    if (round != round_) return;
    theirs_ = theirs;
    log_candidates(theirs.candidates);
    use();
  }

  void set_muted(bool muted) override {
    muted_ = muted;
    if (thread_) thread_->set_muted(muted);
  }
  [[nodiscard]] CallQuality quality() const override { return thread_ ? thread_->quality() : CallQuality(); }

 private:
  void gather(CallGathering::Done done) {
    gathering_ = std::make_unique<CallGathering>(loop_,
                                                 CallGathering::Settings{.servers = setup_.servers,
                                                                         .relay_only = setup_.audio.relay_only,
                                                                         .controlling = setup_.offering,
                                                                         .addresses = addresses_,
                                                                         .known = names_,
                                                                         .farewells = &farewells_},
                                                 std::move(done));
  }

  void described(Result<CallGathering::Outcome> gathered) {
    auto done = std::move(gathering_);
    if (!gathered) return end_later(gathered.error().message);
    agent_ = std::move(gathered->agent);
    events_.described({.fingerprint = certificate_->fingerprint().bytes,
                       .ufrag = std::move(gathered->path.ufrag),
                       .password = std::move(gathered->path.password),
                       .candidates = std::move(gathered->path.candidates)});
  }

  void connected() {
    events_.connected();
    look_at_addresses();
  }

  void replaced() { log(LogLevel::debug, "call.went_over", {{"round", std::to_string(round_)}}); }

  // A network that has gone takes its addresses with it. New ones alone change nothing: the path is there.
  void look_at_addresses() {
    again_ = loop_.after(limits::call_addresses_again, [this] { look_at_addresses(); });
    const auto now = local_addresses();
    const bool moved = std::ranges::any_of(addresses_, [&](const auto& ip) { return !std::ranges::contains(now, ip); });
    if (restart_waits_)
      gather_again();
    else if (moved && !gathering_)
      events_.silent(true);
  }

  // Not while there is no network: its return is waited for.
  void gather_again() {
    auto now = local_addresses();
    restart_waits_ = now.empty() || (is_loopback(now) && !is_loopback(addresses_));
    if (restart_waits_) return;
    addresses_ = std::move(now);
    gather([this](Result<CallGathering::Outcome> gathered) {
      auto done = std::move(gathering_);
      // The next round may have more luck.
      if (!gathered) return log(LogLevel::info, "call.not_gathered", {{"why", gathered.error().message}});
      fresh_ = std::move(gathered->agent);
      later([this, round = round_, path = std::move(gathered->path)] { events_.restarted(round, path); });
      use();
    });
  }

  void use() {
    if (!fresh_ || !theirs_ || !thread_) return;
    thread_->replace({.agent = std::move(fresh_),
                      .peer_credentials = {.ufrag = theirs_->ufrag, .password = theirs_->password},
                      .peer_candidates = candidates_of(theirs_->candidates)});
    theirs_.reset();
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
    MediaThreadSettings out{.way = {.agent = std::move(agent_),
                                    .peer_credentials = {.ufrag = with.theirs.ufrag, .password = with.theirs.password},
                                    .peer_candidates = candidates_of(with.theirs.candidates)},
                            .session = {.side = with.offering ? media::CallSide::offerer : media::CallSide::answerer,
                                        .role = {},
                                        .certificate = *certificate_,
                                        .peer_fingerprint = peer,
                                        .secret = std::move(*secret)},
                            .voice = voice_settings(setup_.audio),
                            .wanted = {},
                            .words = std::string(words->first) + " " + std::string(words->second),
                            .recorder = std::move(recorder_),
                            .echo = echo_};
    log_candidates(with.theirs.candidates);
    out.wanted = rate_limits(with.theirs);
    keep_to(out.wanted, out.voice);
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
  CallSetup setup_;
  CallMediaEvents events_;
  const bool echo_;
  ice::Farewells& farewells_;
  bool muted_ = false;
  std::optional<media::MediaCertificate> certificate_;
  Result<std::shared_ptr<Recorder>> recorder_;  // until connect(); none: the call is not recorded
  std::shared_ptr<Recorder> recording_;         // the same, until the end
  std::shared_ptr<KnownNames> names_ = std::make_shared<KnownNames>();
  std::vector<std::string> addresses_;  // of this machine, when it last gathered
  std::unique_ptr<ice::Agent> agent_;   // until connect()
  std::uint32_t round_ = 0;             // of the latest restart
  std::unique_ptr<ice::Agent> fresh_;   // its agent, until the other side's answer
  std::optional<CallPath> theirs_;      // of that round
  bool restart_waits_ = false;          // for a network
  std::unique_ptr<CallGathering> gathering_;
  Loop::HandlePtr again_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::unique_ptr<MediaThread> thread_;  // last: its thread uses the others
};

MakeCallMedia calls(bool echo) {
  return [echo, farewells = std::make_shared<ice::Farewells>()](
             Loop& loop, const CallSetup& setup, CallMediaEvents events) -> Result<std::unique_ptr<CallMedia>> {
    auto call = std::make_unique<VoiceCall>(loop, setup, std::move(events), echo, *farewells);
    if (auto started = call->start(); !started) return pass(started);
    return call;
  };
}

}  // namespace

MakeCallMedia voice_calls() {
  return calls(false);
}

MakeCallMedia echo_calls() {
  return calls(true);
}

}  // namespace pqc::client
