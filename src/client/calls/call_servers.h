// Which servers help a call to find its path: the STUN service of the account's server, and the relays that this gives
// access to (docs/spec/turn.md §1). Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/core.h"
#include "client/direct/direct_paths.h"
#include "client/types.h"

namespace pqc::client {

struct CallServers {
  StunService stun;
  TurnAccess turn;
};

class CallServerFinder {
 public:
  using Done = std::function<void(const CallServers&)>;

  explicit CallServerFinder(Core& core) : core_(core) {}
  CallServerFinder(const CallServerFinder&) = delete;
  CallServerFinder& operator=(const CallServerFinder&) = delete;

  // Later, once, unless it is destroyed before. The server is asked unless it said so lately; where it does not answer
  // soon, there are those relays that it named before, or none.
  void find(Done done);

 private:
  void finish();

  Core& core_;
  TurnAccess turn_;
  std::optional<std::chrono::steady_clock::time_point> good_until_;
  std::vector<Done> waiting_;
  Loop::HandlePtr give_up_;
  // Answers hold this weakly.
  std::shared_ptr<CallServerFinder*> self_ = std::make_shared<CallServerFinder*>(this);
};

}  // namespace pqc::client
