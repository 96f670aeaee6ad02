// libnice speaks TURN over plain TCP only. A tunnel gives it a relay to which it can: a listener on loopback, of which
// each connection goes on over TLS to the real one (docs/spec/p2p.md §14). Only sockets of this very process are let
// in: a tunnel is nobody's way to the relay but ours.
//
// It works on a thread of its own, until it is destroyed; its owner sees an address.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/ice/descriptor.h"
#include "net/ice/tls_pump.h"

namespace pqc::net::ice {

class TlsTunnel {
 public:
  // Listens; the relay is first asked when somebody connects. The error is for people.
  static std::expected<std::unique_ptr<TlsTunnel>, std::string> open(TlsRelay relay);
  ~TlsTunnel();
  TlsTunnel(const TlsTunnel&) = delete;
  TlsTunnel& operator=(const TlsTunnel&) = delete;

  // Where it listens: loopback of the relay's family.
  [[nodiscard]] const std::string& ip() const { return ip_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  TlsTunnel(TlsRelay relay, TlsClientContext context);
  std::expected<void, std::string> listen();
  void run();
  [[nodiscard]] int wait_time() const;
  void accept();
  void on_no_accept(int error);
  void step();

  TlsRelay relay_;
  TlsClientContext context_;
  std::string ip_;
  std::uint16_t port_ = 0;
  Descriptor listener_;
  Descriptor wake_;
  // The thread's:
  std::vector<TlsPump> pumps_;
  std::optional<std::chrono::steady_clock::time_point> paused_until_;  // no connection is taken before
  bool pause_told_ = false;                                            // of which the log knows
  std::thread thread_;
};

}  // namespace pqc::net::ice
