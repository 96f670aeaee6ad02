// The agent without its socket: requests in, replies out (docs/spec/agent.md §4 to §6). It owns the open vault and the
// key holder, and writes the security log. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "base/secret.h"
#include "keys/agent/measure.h"
#include "keys/audit/log_file.h"
#include "keys/vault/folder.h"

namespace pqc::keys::agent {

// What the agent knows about one connection.
struct Session {
  bool greeted = false;
};

struct Answer {
  std::string message;  // agent.Reply
  SecretBytes secret;
  bool close = false;  // after it was sent
};

// What the agent works with; everything outlives it.
struct Surroundings {
  const vault::KeyFolder& folder;
  const Clock& clock;
  Rng& rng;
  audit::LogFile& log;
  std::vector<Measure> measures;
};

class Agent {
 public:
  explicit Agent(Surroundings surroundings);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // One request of a connection: the parts of its frame.
  [[nodiscard]] Answer handle(Session& session, ByteView message, SecretBytes secret);

  [[nodiscard]] bool unlocked() const;
  // Wipes every key; `reason` is for the log.
  void lock(std::string_view reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::keys::agent
