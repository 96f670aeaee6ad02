// A path that begins at a UDP socket of ours, without a relay: what is no STUN goes out and comes in by this machine's
// system calls alone, and libnice takes the rest. That spares each datagram the ways through libnice, GIO and an event
// loop, which cost a call more than to protect the datagram.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/socket.h>

#include "base/bytes.h"
#include "net/ice/agent.h"
#include "net/ice/descriptor.h"
#include "net/ice/nice_handles.h"

namespace pqc::net::ice {

// How long ago the system took the datagram that was read last from this UDP socket; zero where it does not say. It
// notes that from the first question on.
std::chrono::nanoseconds age_of_last(int socket);

class DirectPath {
 public:
  // Nothing where the system has no descriptor left.
  static std::shared_ptr<DirectPath> open(GSocket* socket, const NiceAddress& peer);
  DirectPath(const DirectPath&) = delete;
  DirectPath& operator=(const DirectPath&) = delete;

  // As libnice knows it.
  [[nodiscard]] int socket() const { return librarys_; }

  // What the system does not take is lost. Any thread.
  void send(ByteView datagram) const;
  enum class Left : std::uint8_t { nothing, librarys, more };

  // Hands over what has come from the peer and is no STUN (RFC 7983 §7), without waiting, up to the first datagram that
  // is libnice's, or as much as fits one turn.
  Left take(const Agent::OnDatagram& hand_over);
  // How much memory what waits in the socket takes.
  [[nodiscard]] std::size_t waiting() const;

 private:
  DirectPath(int librarys, int own, const NiceAddress& peer);
  [[nodiscard]] bool is_peer(const sockaddr_storage& from) const;

  int librarys_;
  Descriptor own_;  // of the same socket: libnice may close its own
  sockaddr_storage peer_{};
  socklen_t peer_size_;
  std::array<std::uint8_t, 2048> datagram_;
};

}  // namespace pqc::net::ice
