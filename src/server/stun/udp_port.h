// The UDP port: reads datagrams and writes answers many at a time, in memory that is allocated once. One thread.
#pragma once

#include <memory>

#include "server/stun/responder.h"
#include "server/stun/sockets.h"

namespace pqc::server::stun {

class UdpPort {
 public:
  UdpPort(Socket socket, Responder& responder);
  ~UdpPort();

  [[nodiscard]] int fd() const { return socket_.get(); }
  // What waits, up to datagrams_at_once. An answer that the kernel does not take is lost, as any datagram may be.
  void serve(Responder::Time now);

 private:
  struct Batch;
  std::size_t receive();
  void answer(std::size_t received, Responder::Time now);
  void send();

  Socket socket_;
  Responder& responder_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace pqc::server::stun
