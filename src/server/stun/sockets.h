// Sockets of the STUN service: bound to one address, or to every one. Any thread.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include <sys/socket.h>

#include "net/listener.h"
#include "net/stun/message.h"

namespace pqc::server::stun {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// UDP and TCP on the same port.
struct Sockets {
  Socket udp;
  Socket tcp;
  std::string address;  // "127.0.0.1:3478", "[::]:3478"
};
// An empty host is every address, IPv6 and IPv4; port 0 takes one that is free for both.
std::expected<Sockets, net::ListenFailure> open_sockets(const std::string& host, std::uint16_t port);

// A peer's address; IPv4 in an IPv6 address is IPv4.
net::stun::Address address_of(const sockaddr_storage& peer);

}  // namespace pqc::server::stun
