// The addresses of a call's servers. Names are looked up on a thread of their own, so that the loop goes on; who is not
// interested any more does not wait for it. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/calls/call_servers.h"
#include "client/loop.h"
#include "net/ice/agent.h"

namespace pqc::client {

struct FoundServers {
  std::optional<net::ice::StunServer> stun;
  std::vector<net::ice::TurnServer> turn;
};

class ServerLookup {
 public:
  // Later, once, unless it is destroyed before. Servers that cannot be found, and relays of a kind that is not known,
  // are passed over. Without `v6` relays at IPv6 addresses are left out, without `v4` the others.
  ServerLookup(Loop& loop, const CallServers& servers, bool v4, bool v6, std::function<void(FoundServers)> done);
  ServerLookup(const ServerLookup&) = delete;
  ServerLookup& operator=(const ServerLookup&) = delete;

 private:
  struct Work;
  std::shared_ptr<Work> work_;
  Loop::HandlePtr ready_;
};

}  // namespace pqc::client
