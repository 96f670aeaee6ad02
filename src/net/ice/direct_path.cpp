#include "net/ice/direct_path.h"

#include <algorithm>
#include <ctime>
#include <span>

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

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

// The system's clock may be set meanwhile.
std::chrono::nanoseconds age_of_last(int socket) {
  timespec taken{};
  if (::ioctl(socket, SIOCGSTAMPNS, &taken) != 0) return {};
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::chrono::nanoseconds age =
      std::chrono::seconds(now.tv_sec - taken.tv_sec) + std::chrono::nanoseconds(now.tv_nsec - taken.tv_nsec);
  return age < std::chrono::nanoseconds(0) || age > limits::oldest_datagram ? std::chrono::nanoseconds(0) : age;
}

std::shared_ptr<DirectPath> DirectPath::open(GSocket* socket, const NiceAddress& peer) {
  const auto librarys = g_socket_get_fd(socket);
  const auto own = ::fcntl(librarys, F_DUPFD_CLOEXEC, 0);
  return own < 0 ? nullptr : std::shared_ptr<DirectPath>(new DirectPath(librarys, own, peer));
}

DirectPath::DirectPath(int librarys, int own, const NiceAddress& peer) : librarys_(librarys), own_(own) {
  nice_address_copy_to_sockaddr(&peer, reinterpret_cast<sockaddr*>(&peer_));
  peer_size_ = peer_.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

void DirectPath::send(ByteView datagram) const {
  static_cast<void>(::sendto(own_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&peer_), peer_size_));
}

// It is looked at first, since what was taken cannot be given to libnice any more.
DirectPath::Left DirectPath::take(const Agent::OnDatagram& hand_over) {
  for (std::size_t i = 0; i < limits::datagrams_a_turn; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    const auto size = ::recvfrom(own_.get(), datagram_.data(), datagram_.size(), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) return Left::nothing;
    const auto count = static_cast<std::size_t>(size);
    if (count == 0 || count > datagram_.size() || datagram_[0] < behind_stun || !is_peer(from)) return Left::librarys;
    static_cast<void>(::recv(own_.get(), nullptr, 0, MSG_DONTWAIT));
    hand_over(ByteView(datagram_).first(count), age_of_last(own_.get()));
  }
  return Left::more;
}

std::size_t DirectPath::waiting() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  return ::getsockopt(own_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0 ? memory[SK_MEMINFO_RMEM_ALLOC]
                                                                                     : 0;
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
