#include "server/stun/sockets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "server/stun/limits.h"

namespace pqc::server::stun {
namespace {

using net::ListenError;
using net::ListenFailure;

constexpr int port_attempts = 16;
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

ListenFailure failure(const std::string& where, int error) {
  const auto kind = error == EADDRINUSE                               ? ListenError::address_in_use
                    : error == EACCES                                 ? ListenError::no_permission
                    : error == EADDRNOTAVAIL || error == EAFNOSUPPORT ? ListenError::bad_address
                                                                      : ListenError::failed;
  return {kind, "cannot listen for STUN at " + where + ": " + std::strerror(error)};
}

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

Socket open(int family, int type, bool every_address) {
  Socket out(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out) return out;
  if (family == AF_INET6 && !set(out.get(), IPPROTO_IPV6, IPV6_V6ONLY, every_address ? 0 : 1)) return {};
  if (type == SOCK_STREAM) return set(out.get(), SOL_SOCKET, SO_REUSEADDR, 1) ? std::move(out) : Socket();
  // An answer has to leave from the address that was asked, which the kernel tells with each datagram.
  const bool told = family == AF_INET6 ? set(out.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                                       : set(out.get(), IPPROTO_IP, IP_PKTINFO, 1);
  set(out.get(), SOL_SOCKET, SO_RCVBUF, receive_buffer);  // a smaller one does as well
  return told ? std::move(out) : Socket();
}

std::uint16_t& port_of(sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(address).sin_port;
}

std::string text_of(const sockaddr_storage& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  return (address.ss_family == AF_INET6 ? "[" + std::string(host.data()) + "]" : host.data()) + ":" + port.data();
}

// Both sockets at `where`; a port that was 0 is chosen by the first. 0, or errno.
int bind_both(sockaddr_storage& where, socklen_t size, bool every_address, Sockets& out) {
  auto* const address = reinterpret_cast<sockaddr*>(&where);
  out.udp = open(where.ss_family, SOCK_DGRAM, every_address);
  out.tcp = open(where.ss_family, SOCK_STREAM, every_address);
  if (!out.udp || !out.tcp || ::bind(out.udp.get(), address, size) != 0) return errno;
  sockaddr_storage bound{};
  auto bound_size = static_cast<socklen_t>(sizeof bound);
  if (::getsockname(out.udp.get(), reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0) return errno;
  port_of(where) = port_of(bound);
  if (::bind(out.tcp.get(), address, size) != 0 || ::listen(out.tcp.get(), SOMAXCONN) != 0) return errno;
  out.address = text_of(bound);
  return 0;
}

std::expected<Sockets, int> open_at(const addrinfo& found, bool every_address) {
  sockaddr_storage where{};
  std::memcpy(&where, found.ai_addr, found.ai_addrlen);
  const auto port = port_of(where);
  int error = 0;
  for (int attempt = 0; attempt < (port == 0 ? port_attempts : 1); ++attempt) {
    Sockets out;
    port_of(where) = port;
    error = bind_both(where, found.ai_addrlen, every_address, out);
    if (error == 0) return out;
    if (error != EADDRINUSE) break;
  }
  return std::unexpected(error);
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<Sockets, ListenFailure> open_sockets(const std::string& host, std::uint16_t port) {
  const auto service = std::to_string(port);
  const auto where = (host.empty() ? "every address" : host) + std::string(", port ") + service;
  int error = EADDRNOTAVAIL;
  // Every address: one socket for IPv6 and IPv4, or one for IPv4 where there is no IPv6.
  for (const char* const name : {host.empty() ? "::" : host.c_str(), "0.0.0.0"}) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    if (const int code = ::getaddrinfo(name, service.c_str(), &hints, &list); code != 0)
      return std::unexpected(ListenFailure{ListenError::bad_address, host + ": " + ::gai_strerror(code)});
    const Addresses found(list);
    auto opened = open_at(*found, host.empty());
    if (opened) return std::move(*opened);
    error = opened.error();
    if (!host.empty() || (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)) break;
  }
  return std::unexpected(failure(where, error));
}

net::stun::Address address_of(const sockaddr_storage& peer) {
  net::stun::Address out;
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    std::memcpy(out.bytes.data(), &v4.sin_addr, 4);
    out.port = ntohs(v4.sin_port);
    return out;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  const auto* const raw = v6.sin6_addr.s6_addr;
  out.port = ntohs(v6.sin6_port);
  out.is_v6 = !std::ranges::equal(mapped_prefix, std::span(raw, mapped_prefix.size()));
  if (out.is_v6)
    std::memcpy(out.bytes.data(), raw, 16);
  else
    std::memcpy(out.bytes.data(), raw + mapped_prefix.size(), 4);
  return out;
}

}  // namespace pqc::server::stun
