// The TCP port: a fixed number of connections, each with one request at a time (RFC 8489 §6.2.2). One thread.
#pragma once

#include <memory>

#include "server/stun/responder.h"
#include "server/stun/sockets.h"

namespace pqc::server::stun {

class TcpPort {
 public:
  // Watches its sockets with `epoll`; their events carry a place of a connection, or `listening`.
  TcpPort(Socket listener, int epoll, Responder& responder);
  ~TcpPort();

  // Events with a place below this are ours.
  static constexpr std::uint64_t listening = max_connections;
  void handle(std::uint64_t place, Responder::Time now);
  // Closes what is over its deadline; to be called once in a tick.
  void look_at_deadlines(Responder::Time now);

 private:
  struct Connection;
  void accept(Responder::Time now);
  bool admit(Socket socket, const sockaddr_storage& peer, Responder::Time now);
  bool read(Connection& connection, Responder::Time now);
  bool answer(Connection& connection, Responder::Time now);
  void watch_listener(bool on);

  Socket listener_;
  int epoll_;
  Responder& responder_;
  std::unique_ptr<std::array<Connection, max_connections>> connections_;
  bool is_listening_ = false;
};

}  // namespace pqc::server::stun
