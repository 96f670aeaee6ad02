#include "client/calls/call_gathering.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
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

// As many as may be told, of each type some: the first of each, then the second, and so on.
std::vector<CallCandidate> told(const std::vector<ice::Candidate>& found, bool relay_only) {
  std::vector<std::pair<std::size_t, CallCandidate>> ranked;
  std::map<CallCandidateType, std::size_t> ranks;
  for (const auto& candidate : found) {
    const auto type = told_type(candidate.type);
    if (!type || (relay_only && *type != CallCandidateType::relayed)) continue;
    ranked.emplace_back(ranks[*type]++, CallCandidate{.type = *type, .ip = candidate.ip, .port = candidate.port});
  }
  std::ranges::stable_sort(ranked, {}, [](const auto& one) { return one.first; });
  if (ranked.size() > limits::call_candidates) ranked.resize(limits::call_candidates);
  std::vector<CallCandidate> out;
  for (auto& [rank, candidate] : ranked) out.push_back(std::move(candidate));
  return out;
}

bool has_family(const std::vector<std::string>& addresses, bool v6) {
  return std::ranges::any_of(addresses, [v6](const auto& ip) { return (ip.find(':') != std::string::npos) == v6; });
}

}  // namespace

std::vector<ice::Candidate> candidates_of(const std::vector<CallCandidate>& told) {
  std::vector<ice::Candidate> out;
  for (const auto& candidate : told) out.push_back({type_of(candidate.type), candidate.ip, candidate.port});
  return out;
}

CallGathering::CallGathering(Loop& loop, Settings settings, Done done)
    : loop_(loop), settings_(std::move(settings)), done_(std::move(done)), credentials_(fresh_credentials()) {
  give_up_ = loop_.after(limits::call_gathering, [this] { finish(); });
  lookup_.emplace(loop_,
                  ServerLookup::Settings{.servers = settings_.servers,
                                         .v4 = has_family(settings_.addresses, false),
                                         .v6 = has_family(settings_.addresses, true),
                                         .time = limits::call_gathering / 2,
                                         .known = settings_.known},
                  [this](FoundServers found) { gather(std::move(found)); });
}

void CallGathering::gather(FoundServers servers) {
  lookup_.reset();
  const bool has_relays = !servers.turn.empty();
  // The server learns nothing by a question of STUN that it does not know; relays stand for all that a peer is to see.
  if (settings_.relay_only) servers.stun.reset();
  auto agent = ice::Agent::start({.controlling = settings_.controlling,
                                  .local_ips = settings_.addresses,
                                  .port = 0,
                                  .credentials = credentials_,
                                  .stun = std::move(servers.stun),
                                  .turn = std::move(servers.turn),
                                  .relay_only = settings_.relay_only,
                                  .farewells = settings_.farewells});
  if (!agent) return fail_with({ExitCode::unreachable, "no way to be reached: " + agent.error()});
  agent_ = std::move(*agent);
  ready_ = loop_.when_readable(agent_->ready_fd(), [this] { look(); });
  if (has_relays)
    enough_ = loop_.after(limits::call_gathering_enough, [this] {
      waited_ = true;
      look();
    });
}

void CallGathering::look() {
  agent_->clear();
  if (agent_->state() != ice::State::gathering || (waited_ && is_enough())) return finish();
}

bool CallGathering::is_enough() const {
  return std::ranges::any_of(agent_->candidates(),
                             [](const auto& one) { return one.type == ice::CandidateType::relayed; });
}

// What has not answered by then is done without.
void CallGathering::finish() {
  Outcome out{.agent = std::move(agent_),
              .path = {.ufrag = credentials_.ufrag, .password = credentials_.password, .candidates = {}}};
  out.path.candidates = told(out.agent->candidates(), settings_.relay_only);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  log(LogLevel::debug, "call.gathered",
      {{"candidates", std::to_string(out.path.candidates.size())}, {"ms", std::to_string(took.count())}});
  if (settings_.relay_only && out.path.candidates.empty()) {
    agent_ = std::move(out.agent);
    return fail_with({ExitCode::unreachable,
                      "no relay answers, and without one the other side would learn this "
                      "machine's address"});
  }
  give_up_.reset();
  ready_.reset();
  enough_.reset();
  if (const auto done = std::exchange(done_, {})) done(std::move(out));
}

void CallGathering::fail_with(Error error) {
  give_up_.reset();
  ready_.reset();
  enough_.reset();
  if (const auto done = std::exchange(done_, {})) done(std::unexpected(std::move(error)));
}

}  // namespace pqc::client
