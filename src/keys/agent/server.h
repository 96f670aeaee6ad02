// The agent's socket: connections, frames, deadlines, one poll loop (docs/spec/agent.md §2, §3). One thread.
#pragma once

#include <chrono>
#include <memory>

#include "keys/agent/agent.h"
#include "keys/agent_protocol/limits.h"
#include "keys/vault/folder.h"

namespace pqc::keys::agent {

// A listening socket under its name in the folder, made anew; the caller holds the folder's lock. Changes the working
// folder to it: a socket's address has room for 107 bytes only.
[[nodiscard]] vault::Result<vault::OwnedFd> listen_in(const vault::KeyFolder& folder);
// A descriptor that becomes readable with SIGTERM, SIGINT or SIGHUP, which no longer end the process.
[[nodiscard]] vault::OwnedFd catch_signals();

enum class Stop : std::uint8_t { signal, idle, unreachable, failed };

// How long the server waits.
struct Patience {
  std::chrono::milliseconds idle = agent_protocol::idle_lifetime;    // for a request, while not unlocked
  std::chrono::milliseconds frame = agent_protocol::frame_deadline;  // for the rest of a frame, to come or to be taken
  std::chrono::milliseconds look = agent_protocol::look_interval;    // between looks whether clients can still find it
};

class Server {
 public:
  // `listening` is what listen_in(folder) made; folder and agent outlive the server.
  Server(vault::OwnedFd listening, vault::OwnedFd signals, const vault::KeyFolder& folder, Agent& agent,
         Patience patience = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until a signal, until its socket is gone from the folder (nobody could reach it, or lock it), or until
  // nothing was asked for Patience::idle while it was not unlocked.
  [[nodiscard]] Stop run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::keys::agent
