// Finds a key folder's agent, and starts one where none runs (docs/spec/agent.md §2). Any thread.
#pragma once

#include <string>

#include "keys/agent_client/error.h"

namespace pqc::keys::agent_client {

struct Location {
  std::string folder;   // the key folder; made by the agent where it is missing
  std::string program;  // pqc-chat-keyd; empty: beside this process's own executable
  bool start = true;    // false: only an agent that runs
};

// A connected socket, of an agent of our own user. Errors: unavailable, busy, no_permission, disk_full.
[[nodiscard]] Result<int> connect_agent(const Location& location);

}  // namespace pqc::keys::agent_client
