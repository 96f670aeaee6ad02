// One connection to the agent: requests and replies of agent.proto, made again when it breaks. For this folder's .cpp
// files. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/secret.h"
#include "keys/agent_client/launcher.h"
#include "keys/agent_protocol/codec.h"

namespace pqc::keys::agent_client {

namespace proto = agent_protocol::proto;

struct Replied {
  proto::Reply reply;
  SecretBytes secret;
};

class Link {
 public:
  Link(Location location, std::uint64_t minimum_generation)
      : location_(std::move(location)), minimum_generation_(minimum_generation) {}
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Connects and greets where it has to. A request that is not repeatable is sent once: when the connection breaks
  // behind it, Error::lost. The reply has the body asked for, or it is a Failure.
  [[nodiscard]] Result<Replied> ask(const proto::Request& request, proto::Reply::BodyCase expected,
                                    ByteView secret = {}, bool repeatable = true);
  void close();
  // See AgentClient.
  [[nodiscard]] Result<void> end_agent();
  // See AgentClient.
  void expect_generation(std::uint64_t minimum) {
    minimum_generation_ = minimum;
    close();
  }
  void when_locked(std::function<bool()> unlock) { unlock_ = std::move(unlock); }

 private:
  [[nodiscard]] Result<Replied> ask_once(const proto::Request& request, proto::Reply::BodyCase expected,
                                         ByteView secret, bool repeatable);
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] bool send(const proto::Request& request, ByteView secret);
  [[nodiscard]] Result<Replied> receive();

  Location location_;
  std::uint64_t minimum_generation_;
  int fd_ = -1;
  std::string buffer_;
  std::function<bool()> unlock_;
};

}  // namespace pqc::keys::agent_client
