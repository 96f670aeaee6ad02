#include "p2p/ice_transport.h"

#include <algorithm>
#include <array>

#include "net/ice/agent.h"
#include "net/ice/limits.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "p2p/quic_engine.h"
#include "p2p/sockets.h"
#include "p2p/stun_search.h"

namespace pqc::p2p {
namespace ice = net::ice;

using client::Loop;
using client::Result;
using client::Status;
using std::chrono::steady_clock;

namespace {

// No packet of QUIC begins so (RFC 9443): its fixed bit is missing.
constexpr std::array<std::uint8_t, 1> heartbeat{0};

}  // namespace

// The engine's side of an ICE agent.
class IceWire final : public QuicWire {
 public:
  IceWire(Loop& loop, std::unique_ptr<ice::Agent> agent, std::shared_ptr<ice::Farewells> farewells,
          std::shared_ptr<const std::vector<std::string>> relay_names)
      : loop_(loop), relay_names_(std::move(relay_names)), farewells_(std::move(farewells)) {
    use(std::move(agent));
  }
  // From now on this one.
  void use(std::unique_ptr<ice::Agent> agent) {
    ready_.reset();
    agent_ = std::move(agent);
    ready_ = loop_.when_readable(agent_->ready_fd(), [this] { on_ready(); });
  }

  std::expected<std::unique_ptr<net::QuicEndpoint>, std::string> make_endpoint(
      net::QuicRole role, const net::Certificate& certificate) override {
    return net::QuicEndpoint::make_on_path(role, certificate);
  }
  void watch(std::function<void()> work) override { work_ = std::move(work); }
  void before_step(net::QuicEndpoint& endpoint) override {
    while (auto datagram = agent_->receive()) {
      heard_ = steady_clock::now();
      if (!equal(*datagram, heartbeat)) endpoint.put(std::move(*datagram));
    }
  }
  // What cannot go yet waits, as much as QUIC's congestion control lets it: lost, it would be missed only after a
  // second.
  void after_step(net::QuicEndpoint& endpoint) override {
    if (agent_->state() != ice::State::connected) return;
    while (const auto datagram = endpoint.take()) agent_->send(*datagram);
  }
  std::unique_ptr<net::QuicConnection> connect(net::QuicEndpoint& endpoint, const Address&) override {
    return endpoint.connect();
  }
  [[nodiscard]] Address local() const override {
    const auto path = agent_->path();
    return path ? Address{path->first.ip, path->first.port} : Address{};
  }
  [[nodiscard]] Address remote(const Address&) const override {
    const auto path = agent_->path();
    return path ? Address{path->second.ip, path->second.port} : Address{};
  }
  [[nodiscard]] LinkPath path() const override {
    const auto path = agent_->path();
    const bool relayed =
        path && (path->first.type == ice::CandidateType::relayed || path->second.type == ice::CandidateType::relayed);
    return relayed ? LinkPath::relay : LinkPath::direct;
  }

  [[nodiscard]] std::string relay() const override {
    const auto relay = agent_->relay();
    return relay && *relay < relay_names_->size() ? (*relay_names_)[*relay] : std::string();
  }

  [[nodiscard]] ice::Agent& agent() { return *agent_; }
  void beat() { agent_->send(heartbeat); }
  [[nodiscard]] steady_clock::time_point heard() const { return heard_; }
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  // Either call may end the wire's owner: copies, and nothing of ours after the second.
  void on_ready() {
    agent_->clear();
    const auto work = work_;
    if (const auto changed = changed_) changed();
    if (work) work();
  }

  Loop& loop_;
  std::shared_ptr<const std::vector<std::string>> relay_names_;
  std::shared_ptr<ice::Farewells> farewells_;  // of the agents
  std::unique_ptr<ice::Agent> agent_;
  steady_clock::time_point heard_;
  std::function<void()> work_;
  std::function<void()> changed_;
  Loop::HandlePtr ready_;
};

namespace {

std::string text_of(ByteView bytes) {
  auto out = to_base64(bytes);
  out.erase(out.find_last_not_of('=') + 1);
  return out;
}

// RFC 8445 §5.3: their characters are those of base64.
ice::Credentials credentials_of(const IceKeys& keys) {
  return {text_of(keys.ufrag), text_of(keys.password)};
}

IceKeys keys_of(ByteView exported) {
  IceKeys out;
  std::ranges::copy(exported.first(out.ufrag.size()), out.ufrag.begin());
  std::ranges::copy(exported.subspan(out.ufrag.size(), out.password.size()), out.password.begin());
  return out;
}

Result<std::vector<std::string>> local_ips(const Address& at) {
  std::vector<std::string> out;
  if (at.host.empty()) {
    for (const auto& address : addresses_of_this_machine(0, true)) out.push_back(address.host);
  } else {
    const auto found = resolve(at, SOCK_DGRAM, 0);
    if (!found) return std::unexpected(found.error());
    out.push_back(name_of((*found)->ai_addr, (*found)->ai_addrlen).host);
  }
  if (out.size() > ice::limits::local_addresses) out.resize(ice::limits::local_addresses);
  if (out.empty())
    return client::fail(ExitCode::unreachable, "this machine has no address, not even its own: is a network up?");
  return out;
}

// One for each address that the name has.
void add_turn(std::vector<ice::TurnServer>& out, std::vector<std::string>& names, const TurnAccess& access,
              const Addresses& found) {
  for (const auto* at = found.get(); at != nullptr && out.size() < ice::limits::turn_servers; at = at->ai_next) {
    out.push_back({.ip = name_of(at->ai_addr, at->ai_addrlen).host,
                   .port = access.uri.server.port,
                   .transport = access.uri.transport,
                   .username = access.username,
                   .password = access.password,
                   .name = access.uri.server.host,
                   .pin = access.uri.pin});
    names.push_back(to_text(access.uri));
  }
}

}  // namespace

IceTransport::IceTransport(Loop& loop, Rng& rng, IceServers servers)
    : loop_(loop), rng_(rng), servers_(std::move(servers)), resolver_(loop), search_(loop, rng) {}

IceTransport::~IceTransport() {
  if (wire_ != nullptr) wire_->on_change(nullptr);
  if (engine_) engine_->stop();
}

void IceTransport::gather(const Address& at, net::QuicRole role, std::function<void(Status)> done) {
  begin_gathering(at, role, std::move(done));
}

void IceTransport::gather_as_found(const Address& at, net::QuicRole role, std::function<void(Status)> begun,
                                   std::function<void(bool last)> more) {
  more_ = std::move(more);
  begin_gathering(at, role, std::move(begun));
}

void IceTransport::begin_gathering(const Address& at, net::QuicRole role, std::function<void(Status)> done) {
  role_ = role;
  at_ = at;
  gathered_ = std::move(done);
  std::vector<client::Resolver::Question> questions;
  for (const auto& stun : servers_.stun) questions.push_back({.address = stun, .family = AF_INET});
  for (const auto& turn : servers_.turn) questions.push_back({.address = turn.uri.server});
  resolver_.look_up(std::move(questions), limits::lookup_time,
                    [this](const client::Resolver::Answers& answers) { on_names(answers); });
}

// A server without an address is passed over, as one that does not answer is.
void IceTransport::on_names(const client::Resolver::Answers& answers) {
  const auto stuns = servers_.stun.size();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) continue;
    const auto& found = *answers[i];
    if (i < stuns)
      stun_.push_back(name_of(found->ai_addr, found->ai_addrlen));
    else
      add_turn(relays_, *relay_names_, servers_.turn[i - stuns], found);
  }
  if (!more_) return search_.start(stun_, [this](const std::optional<Address>& stun) { on_stun_server(stun); });
  on_stun_server(stun_.empty() ? std::optional<Address>() : stun_.front());
}

void IceTransport::on_stun_server(const std::optional<Address>& stun) {
  if (auto opened = open_sockets(stun); !opened) return std::exchange(gathered_, {})(std::move(opened));
  wire_->on_change([this] { on_change(); });
  give_up_ = loop_.after(more_ ? limits::trickle_wait : limits::gather_time, [this] { on_gathered(); });
  if (more_) no_more_ = loop_.after(limits::gather_time, [this] { tell_last(); });
}

// What has not answered by then is done without, or told later.
void IceTransport::on_gathered() {
  if (!gathered_) return;
  give_up_.reset();
  found_ = candidates().size();
  if (wire_->agent().gathered()) more_ = nullptr;
  std::exchange(gathered_, {})({});
}

void IceTransport::look_for_more() {
  if (gathered_ || !more_) return;
  if (wire_->agent().gathered()) return tell_last();
  const auto found = candidates().size();
  if (found > std::exchange(found_, found)) more_(false);
}

void IceTransport::tell_last() {
  no_more_.reset();
  if (const auto more = std::exchange(more_, {})) more(true);
}

Status IceTransport::open_sockets(const std::optional<Address>& stun) {
  keys_ = {.ufrag = rng_.bytes<3>(), .password = rng_.bytes<16>()};
  auto certificate = net::Certificate::make(net::CertificateKind::ml_dsa_65, "pqc-chat p2p", {});
  if (!certificate) return client::fail(ExitCode::unexpected, certificate.error().text);
  auto ips = local_ips(at_);
  if (!ips) return std::unexpected(ips.error());
  ips_ = std::move(*ips);
  auto agent = make_agent(stun);
  if (!agent) return client::pass(agent);
  auto wire = std::make_unique<IceWire>(loop_, std::move(*agent), farewells_, relay_names_);
  wire_ = wire.get();
  engine_ = std::make_shared<QuicEngine>(loop_, std::move(wire), std::move(*certificate));
  return {};
}

// A later one asks no STUN server, for which there is no time: checks find mapped addresses too.
Result<std::unique_ptr<ice::Agent>> IceTransport::make_agent(const std::optional<Address>& stun) {
  ice::Settings settings{.controlling = role_ == net::QuicRole::client,
                         .local_ips = ips_,
                         .port = at_.port,
                         .credentials = credentials_of(keys_),
                         .stun = {},
                         .turn = relays_,
                         .farewells = farewells_.get()};
  if (stun) settings.stun = {stun->host, stun->port};
  auto agent = ice::Agent::start(settings);
  if (!agent)
    return client::fail(at_.port == 0 ? ExitCode::unreachable : ExitCode::address_in_use,
                        "cannot listen at " + to_text(at_) + ": " + agent.error());
  return std::move(*agent);
}

net::Fingerprint IceTransport::fingerprint() const {
  return engine_->certificate().fingerprint();
}

std::vector<ice::Candidate> IceTransport::candidates() const {
  return wire_->agent().candidates();
}

Status IceTransport::begin(const Ticket& peer) {
  peer_ = peer;
  engine_->pin({peer.certificate});
  if (auto started = engine_->start(role_); !started) return started;
  check();
  return {};
}

void IceTransport::check() {
  wire_->agent().start_checks(credentials_of(peer_.ice), peer_.candidates);
  again_ = loop_.after(limits::checks_again, [this] { check(); });
}

// Handlers may end the attempt, but not destroy it.
void IceTransport::on_change() {
  if (wire_->agent().gathered()) on_gathered();
  look_for_more();
  if (wire_->agent().state() != ice::State::connected) return;
  again_.reset();
  give_up_.reset();
  if (auto done = std::exchange(done_, {}))
    engine_->connect({Address{}}, [this, done = std::move(done)](Result<LinkPtr> link) {
      if (link) on_link(**link);
      done(std::move(link));
    });
}

// The next generation's credentials are known to both from now on, and to nobody else.
void IceTransport::on_link(const Link& link) {
  const bool initiator = role_ == net::QuicRole::client;
  keys_ = keys_of(link.exported(initiator ? labels::ice_initiator : labels::ice_responder));
  their_keys_ = keys_of(link.exported(initiator ? labels::ice_responder : labels::ice_initiator));
  wire_->agent().set_credentials(credentials_of(keys_));
  beat_ = loop_.after(limits::path_beat, [this] { beat(); });
}

void IceTransport::beat() {
  const auto now = steady_clock::now();
  wire_->beat();
  if (now - wire_->heard() > limits::path_silence && now - sought_ > limits::path_attempt) find_new_path();
  beat_ = loop_.after(limits::path_beat, [this] { beat(); });
}

// Who has moved needs other sockets; who has not finds the other by the checks that it makes from there.
void IceTransport::find_new_path() {
  sought_ = steady_clock::now();
  auto candidates = peer_.candidates;
  if (const auto path = wire_->agent().path(); path && path->second.type == ice::CandidateType::peer_reflexive)
    candidates.push_back({ice::CandidateType::server_reflexive, path->second.ip, path->second.port});
  auto ips = local_ips(at_);
  if (ips && *ips != ips_) {
    ips_ = std::move(*ips);
    // Without sockets now: the next attempt may have them.
    if (auto agent = make_agent({})) wire_->use(std::move(*agent));
  }
  wire_->agent().start_checks(credentials_of(their_keys_), candidates);
}

void IceTransport::add_candidates(std::span<const ice::Candidate> candidates) {
  const auto room = limits::candidates_in_all - std::min(limits::candidates_in_all, peer_.candidates.size());
  const auto taken = candidates.first(std::min(candidates.size(), room));
  peer_.candidates.insert(peer_.candidates.end(), taken.begin(), taken.end());
  wire_->agent().add_candidates(taken);
}

Status IceTransport::accept(const Ticket& peer, std::function<void(LinkPtr)> accepted) {
  if (auto begun = begin(peer); !begun) return begun;
  engine_->listen([this, accepted = std::move(accepted)](LinkPtr link) {
    on_link(*link);
    accepted(std::move(link));
  });
  return {};
}

void IceTransport::connect(const Ticket& peer, std::function<void(Result<LinkPtr>)> done) {
  done_ = std::move(done);
  give_up_ = loop_.after(limits::connect_time, [this] {
    again_.reset();
    if (const auto answer = std::exchange(done_, {}))
      answer(client::fail(ExitCode::timed_out,
                          "there is no way to the other side: it has gone, or both need a relay (--turn)"));
  });
  if (auto begun = begin(peer); !begun)
    loop_.post([done = std::exchange(done_, {}), error = begun.error()] { done(std::unexpected(error)); });
}

}  // namespace pqc::p2p
