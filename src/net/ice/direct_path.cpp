#include "net/ice/direct_path.h"

#include <algorithm>
#include <span>

#include <netinet/in.h>

#include "net/ice/limits.h"

namespace pqc::net::ice {
namespace {

// RFC 7983 §7: STUN begins with 0 to 3.
constexpr std::uint8_t behind_stun = 4;

const sockaddr_in& as_ipv4(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr_in&>(address);
}

const sockaddr_in6& as_ipv6(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr_in6&>(address);
}

}  // namespace

DirectPath::DirectPath(SocketPtr socket, const NiceAddress& peer) : socket_(std::move(socket)) {
  nice_address_copy_to_sockaddr(&peer, reinterpret_cast<sockaddr*>(&peer_));
  peer_size_ = peer_.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

void DirectPath::send(ByteView datagram) const {
  static_cast<void>(::sendto(fd(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&peer_), peer_size_));
}

// It is looked at first, since what was taken cannot be given to libnice any more.
bool DirectPath::take(const std::function<void(ByteView datagram)>& hand_over) {
  for (std::size_t i = 0; i < limits::datagrams_a_turn; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    const auto size = ::recvfrom(fd(), datagram_.data(), datagram_.size(), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) return false;
    const auto count = static_cast<std::size_t>(size);
    if (count == 0 || count > datagram_.size() || datagram_[0] < behind_stun || !is_peer(from)) return true;
    static_cast<void>(::recv(fd(), nullptr, 0, MSG_DONTWAIT));
    hand_over(ByteView(datagram_).first(count));
  }
  return true;
}

bool DirectPath::is_peer(const sockaddr_storage& from) const {
  if (from.ss_family != peer_.ss_family) return false;
  if (from.ss_family == AF_INET)
    return as_ipv4(from).sin_port == as_ipv4(peer_).sin_port &&
           as_ipv4(from).sin_addr.s_addr == as_ipv4(peer_).sin_addr.s_addr;
  return as_ipv6(from).sin6_port == as_ipv6(peer_).sin6_port &&
         std::ranges::equal(as_ipv6(from).sin6_addr.s6_addr, as_ipv6(peer_).sin6_addr.s6_addr);
}

}  // namespace pqc::net::ice
