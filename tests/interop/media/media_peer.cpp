// A plain DTLS-SRTP peer for the tests, over ICE: sends one tone, listens for another (tone.h).
//
//   media_peer controlling|controlled connect|accept IP [lossy]
//
// IP is where its candidate is, connect and accept are the roles of DTLS; lossy loses packets of voice, for the tests
// of NACK. It writes its description (description.h) and reads the other side's; then it writes a line of figures five
// times a second, until standard input or the session ends; the last one after that. A further description that comes
// begins ICE anew (RFC 8445 §9), with one of ours in answer.
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "crypto/random.h"
#include "description.h"
#include "lossy_path.h"
#include "media/transport/media_session.h"
#include "tone.h"

namespace {

using namespace pqc;
using namespace pqc::interop;
using namespace pqc::media;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto longest_gathering = 30s;
constexpr auto packet_time = 20ms;
constexpr auto line_time = 200ms;

[[noreturn]] void stop(std::string_view why) {
  std::cerr << "media_peer: " << why << '\n';
  std::exit(1);
}

template <class T, class E>
T or_stop(std::expected<T, E> result, std::string_view what) {
  if (!result) stop(what);
  return std::move(*result);
}

class Observer final : public MediaObserver {
 public:
  Observer() : ear_(or_stop(voice::Decoder::create(), "no decoder")) {}

  void on_frame(const ReceivedFrame& frame) override {
    ++frames;
    ear_.take(frame.payload);
  }
  void on_feedback(std::span<const PacketReport> reports) override {
    for (const auto& report : reports) feedback += report.arrival.has_value() ? 1 : 0;
  }
  [[nodiscard]] int heard() const { return ear_.heard(); }
  int frames = 0;
  int feedback = 0;

 private:
  Ear ear_;
};

std::string name_of(const net::ice::Agent& agent, const MediaSession* session) {
  if (session == nullptr) return agent.state() == net::ice::State::lost ? "no path" : "checking";
  switch (session->state()) {
    case SessionState::connecting:
      return "connecting";
    case SessionState::connected:
      return "connected";
    case SessionState::closed:
      return "closed";
    case SessionState::failed:
      return std::string(to_string(*session->error()));
  }
  return "unknown";
}

net::ice::Credentials fresh_credentials() {
  auto& rng = crypto::SystemRng::instance();
  return {.ufrag = to_hex(rng.bytes<4>()), .password = to_hex(rng.bytes<16>())};
}

// A call, from the other side's description on.
class Call {
 public:
  Call(net::ice::Agent& agent, MediaSettings settings, bool lossy)
      : agent_(agent),
        path_(agent, lossy),
        fingerprint_(settings.certificate.fingerprint()),
        settings_(std::move(settings)),
        tone_(or_stop(voice::Encoder::create(64'000), "no encoder")) {}

  void run() {
    while (!over_) {
      const auto now = Clock::now();
      if (!session_ && agent_.state() == net::ice::State::connected) begin(now);
      auto next = print_when_due(now);
      if (session_) next = std::min(next, step(now));
      wait_until(next);
    }
    if (session_) session_->close(Clock::now());
    print();
  }

 private:
  void begin(Time now) {
    session_ = or_stop(MediaSession::start(std::move(settings_), path_, observer_, crypto::SystemRng::instance(), now),
                       "no session");
  }

  Time step(Time now) {
    while (const auto datagram = agent_.receive())
      if (path_.arrives(*datagram)) session_->handle_datagram(*datagram, now);
    const auto due = session_->poll(now);
    if (session_->state() == SessionState::closed || session_->state() == SessionState::failed) over_ = true;
    if (session_->state() != SessionState::connected) return due;
    if (next_packet_ == Time()) next_packet_ = now;
    for (; next_packet_ <= now; next_packet_ += packet_time) {
      std::ignore = session_->send_frame(StreamId::audio, timestamp_, tone_.next(), now);
      timestamp_ += packet_samples;
    }
    return std::min(due, next_packet_);
  }

  void wait_until(Time next) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    std::array<pollfd, 2> fds{pollfd{agent_.ready_fd(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(std::max(wait, 0ms).count())) < 0) stop("cannot wait");
    agent_.clear();
    if (fds[1].revents != 0) restart();
  }

  void restart() {
    const auto theirs = interop::read(std::cin);
    if (!theirs) {
      over_ = true;
      return;
    }
    const auto ours = fresh_credentials();
    agent_.set_credentials(ours);
    write({.credentials = ours, .candidates = agent_.candidates(), .fingerprint = fingerprint_}, std::cout);
    agent_.start_checks(theirs->credentials, theirs->candidates);
  }

  Time print_when_due(Time now) {
    if (now < next_line_) return next_line_;
    print();
    return next_line_ = now + line_time;
  }

  void print() {
    const auto all = session_ ? session_->statistics() : SessionStatistics();
    const auto audio = session_ ? session_->statistics(StreamId::audio) : StreamStatistics();
    std::cout << "frames=" << observer_.frames << " heard=" << observer_.heard() << " refused=" << all.refused
              << " round_trip=" << (all.round_trip ? all.round_trip->count() : -1) << " feedback=" << observer_.feedback
              << " repeated=" << audio.retransmitted << " recovered=" << path_.recovered()
              << " state=" << name_of(agent_, session_.get()) << std::endl;
  }

  net::ice::Agent& agent_;
  LossyPath path_;
  Fingerprint fingerprint_;  // ours
  MediaSettings settings_;
  Observer observer_;
  Tone tone_;
  std::unique_ptr<MediaSession> session_;
  std::uint32_t timestamp_ = 0;
  Time next_packet_;
  Time next_line_;
  bool over_ = false;
};

void gather(net::ice::Agent& agent) {
  const auto end = Clock::now() + longest_gathering;
  while (agent.state() == net::ice::State::gathering) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd ready{agent.ready_fd(), POLLIN, 0};
    if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) < 0) stop("no candidates");
    agent.clear();
  }
}

bool among(const std::vector<std::string>& arguments, std::string_view name) {
  return std::ranges::find(arguments, name) != arguments.end();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 3) stop("controlling|controlled connect|accept IP [lossy]");
  const auto certificate = or_stop(MediaCertificate::make(), "no certificate");
  const auto ours = fresh_credentials();
  const auto agent = or_stop(net::ice::Agent::start({.controlling = among(arguments, "controlling"),
                                                     .local_ips = {arguments[2]},
                                                     .port = 0,
                                                     .credentials = ours,
                                                     .stun = {},
                                                     .turn = {}}),
                             "no agent");
  gather(*agent);
  write({.credentials = ours, .candidates = agent->candidates(), .fingerprint = certificate.fingerprint()}, std::cout);
  const auto theirs = interop::read(std::cin);
  if (!theirs) stop("no description");
  agent->start_checks(theirs->credentials, theirs->candidates);
  Call(*agent,
       {.role = among(arguments, "connect") ? DtlsRole::connect : DtlsRole::accept,
        .certificate = certificate,
        .peer_fingerprint = theirs->fingerprint,
        .secret = {},
        .allow_plain_peer = true,
        .streams = {{.payload_type = theirs->payload_type, .retransmit = theirs->nack}},
        .transport_sequence_extension = theirs->extension},
       among(arguments, "lossy"))
      .run();
  return 0;
}
