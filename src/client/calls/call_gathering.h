// From the names of servers to an ICE agent that has gathered its candidates, and to what the other side is told of it
// (docs/spec/calls.md §9). Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/calls/call_content.h"
#include "client/calls/server_lookup.h"
#include "client/error.h"
#include "net/ice/agent.h"

namespace pqc::client {

class CallGathering {
 public:
  struct Settings {
    CallServers servers;
    bool relay_only = false;
    bool controlling = false;
    std::vector<std::string> addresses;  // of this machine
    // Of the gatherings of one call.
    std::shared_ptr<KnownNames> known = std::make_shared<KnownNames>();
    // As in net::ice::Settings.
    net::ice::Farewells* farewells = nullptr;
  };
  struct Outcome {
    std::unique_ptr<net::ice::Agent> agent;
    CallPath path;
  };
  // Later, once, unless it is destroyed before. Errors: unreachable, for people.
  using Done = std::function<void(Result<Outcome>)>;

  CallGathering(Loop& loop, Settings settings, Done done);
  CallGathering(const CallGathering&) = delete;
  CallGathering& operator=(const CallGathering&) = delete;

 private:
  void gather(FoundServers servers);
  void look();
  [[nodiscard]] bool is_enough() const;
  void finish();
  void fail_with(Error error);

  Loop& loop_;
  Settings settings_;
  Done done_;
  net::ice::Credentials credentials_;
  std::unique_ptr<net::ice::Agent> agent_;
  bool waited_ = false;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::optional<ServerLookup> lookup_;
  Loop::HandlePtr ready_;
  Loop::HandlePtr enough_;
  Loop::HandlePtr give_up_;
};

[[nodiscard]] std::vector<net::ice::Candidate> candidates_of(const std::vector<CallCandidate>& told);

}  // namespace pqc::client
