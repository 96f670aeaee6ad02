// The addresses of a call's servers, whose names are looked up beside the loop (client/resolver.h). Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/calls/call_servers.h"
#include "client/loop.h"
#include "client/resolver.h"
#include "net/ice/agent.h"

namespace pqc::client {

struct FoundServers {
  std::optional<net::ice::StunServer> stun;
  std::vector<net::ice::TurnServer> turn;
};

// What names came to when they were looked up last: by name and family.
using KnownNames = std::map<std::pair<std::string, int>, std::vector<std::string>>;

class ServerLookup {
 public:
  struct Settings {
    CallServers servers;
    // Families of this machine: relays at addresses of others are left out.
    bool v4 = false;
    bool v6 = false;
    std::chrono::milliseconds time{0};
    // Stands in for what is not found in time, and learns what is.
    std::shared_ptr<KnownNames> known = std::make_shared<KnownNames>();
    Resolver::Ask ask = {};
  };
  // Later, once, unless it is destroyed before; after `time` at most, with those that were found by then. Servers that
  // cannot be found, and relays of a kind that is not known, are passed over.
  ServerLookup(Loop& loop, Settings settings, std::function<void(FoundServers)> done);
  ServerLookup(const ServerLookup&) = delete;
  ServerLookup& operator=(const ServerLookup&) = delete;

 private:
  [[nodiscard]] FoundServers found(const Resolver::Answers& answers);
  std::vector<std::string> addresses_of(const Resolver::Question& question, const Result<Addresses>& answer);

  Settings settings_;
  std::vector<Resolver::Question> questions_;  // of STUN, if it is asked, and of each relay
  std::vector<net::ice::TurnUri> relays_;
  std::function<void(FoundServers)> done_;
  Resolver resolver_;
};

}  // namespace pqc::client
