#include "client/calls/server_lookup.h"

#include <utility>

#include "net/ice/limits.h"

namespace pqc::client {
namespace {

namespace ice = net::ice;

bool is_v6(const std::string& ip) {
  return ip.find(':') != std::string::npos;
}

// A server on loopback is out of reach of sockets on other addresses, and would see nothing new. Behind an IPv6 address
// there is no NAT to ask about.
bool is_asked(const StunService& stun, bool v4) {
  return stun.port != 0 && v4 && stun.host != "localhost" && !stun.host.starts_with("127.");
}

}  // namespace

ServerLookup::ServerLookup(Loop& loop, Settings settings, std::function<void(FoundServers)> done)
    : settings_(std::move(settings)), done_(std::move(done)), resolver_(loop, settings_.ask) {
  const auto& servers = settings_.servers;
  if (is_asked(servers.stun, settings_.v4))
    questions_.push_back({.address = {servers.stun.host, servers.stun.port}, .family = AF_INET});
  for (const auto& text : servers.turn.uris) {
    auto uri = ice::parse_turn_uri(text);
    if (!uri) continue;
    questions_.push_back({.address = uri->server});
    relays_.push_back(std::move(*uri));
  }
  resolver_.look_up(questions_, settings_.time, [this](const Resolver::Answers& answers) {
    auto out = found(answers);
    if (const auto answer = std::exchange(done_, {})) answer(std::move(out));
  });
}

std::vector<std::string> ServerLookup::addresses_of(const Resolver::Question& question,
                                                    const Result<Addresses>& answer) {
  auto& known = (*settings_.known)[{question.address.host, question.family}];
  if (!answer) return known;
  known.clear();
  for (const auto* at = answer->get(); at != nullptr; at = at->ai_next)
    known.push_back(name_of(at->ai_addr, at->ai_addrlen).host);
  return known;
}

FoundServers ServerLookup::found(const Resolver::Answers& answers) {
  FoundServers out;
  const auto first_relay = questions_.size() - relays_.size();
  for (std::size_t i = 0; i < questions_.size(); ++i) {
    for (const auto& ip : addresses_of(questions_[i], answers[i])) {
      if (i < first_relay) {
        if (!out.stun) out.stun = ice::StunServer{.ip = ip, .port = questions_[i].address.port};
        continue;
      }
      const auto& uri = relays_[i - first_relay];
      if (!(is_v6(ip) ? settings_.v6 : settings_.v4) || out.turn.size() == ice::limits::turn_servers) continue;
      out.turn.push_back({.ip = ip,
                          .port = uri.server.port,
                          .transport = uri.transport,
                          .username = settings_.servers.turn.username,
                          .password = settings_.servers.turn.password,
                          .name = uri.server.host,
                          .pin = uri.pin});
    }
  }
  return out;
}

}  // namespace pqc::client
