// A path that begins at a UDP socket of ours, without a relay: what is no STUN goes out and comes in by this machine's
// system calls alone, and libnice takes the rest. That spares each datagram the ways through libnice, GIO and an event
// loop, which cost a call more than to protect the datagram.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include <sys/socket.h>

#include "base/bytes.h"
#include "net/ice/nice_handles.h"

namespace pqc::net::ice {

class DirectPath {
 public:
  DirectPath(SocketPtr socket, const NiceAddress& peer);
  DirectPath(const DirectPath&) = delete;
  DirectPath& operator=(const DirectPath&) = delete;

  [[nodiscard]] GSocket* socket() const { return socket_.get(); }
  [[nodiscard]] int fd() const { return g_socket_get_fd(socket_.get()); }

  // What the system does not take is lost. Any thread.
  void send(ByteView datagram) const;
  // Hands over what has come from the peer and is no STUN (RFC 7983 §7), without waiting, up to the first datagram that
  // is libnice's. Whether the socket may have more: what is libnice's, or more than fits one turn.
  bool take(const std::function<void(ByteView datagram)>& hand_over);

 private:
  [[nodiscard]] bool is_peer(const sockaddr_storage& from) const;

  SocketPtr socket_;
  sockaddr_storage peer_{};
  socklen_t peer_size_;
  std::array<std::uint8_t, 2048> datagram_;
};

}  // namespace pqc::net::ice
