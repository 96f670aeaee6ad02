// STUN (RFC 8489 §12) on UDP and TCP, on a thread of its own, so that a flood of requests costs messages nothing but
// its share of the processor (docs/spec/stun.md). start(), stop() and the accessors: the owner's thread.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/rng.h"
#include "net/listener.h"
#include "server/stun/responder.h"

namespace pqc::server::stun {

class StunServer {
 public:
  // An empty host is every address, port 0 a free port. `rng` is used before this returns only.
  static std::expected<std::unique_ptr<StunServer>, net::ListenFailure> start(const std::string& host,
                                                                              std::uint16_t port, Rng& rng);
  // Ends the thread and closes every socket.
  ~StunServer();
  StunServer(const StunServer&) = delete;
  StunServer& operator=(const StunServer&) = delete;

  [[nodiscard]] const std::string& address() const;
  [[nodiscard]] const Counters& counters() const;

 private:
  class Impl;
  explicit StunServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::server::stun
