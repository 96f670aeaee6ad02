#include "p2p/sockets.h"

#include <algorithm>
#include <array>
#include <string>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace pqc::p2p {
namespace {

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

bool is_link_local(const sockaddr* address) {
  if (address->sa_family != AF_INET6) return false;
  return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

}  // namespace

Address local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  return ::getsockname(fd, address, &size) == 0 ? name_of(address, size) : Address{};
}

std::vector<Address> addresses_of_this_machine(std::uint16_t port, bool v6) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeInterfaces> owner(list);
  std::vector<Address> six, four, loopback;
  for (const auto* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0 || is_link_local(at->ifa_addr)) continue;
    const int family = at->ifa_addr->sa_family;
    if (family != AF_INET && (family != AF_INET6 || !v6)) continue;
    auto address = name_of(at->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    address.port = port;
    ((at->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : family == AF_INET ? four : six).push_back(std::move(address));
  }
  six.insert(six.end(), four.begin(), four.end());
  return six.empty() ? loopback : six;
}

}  // namespace pqc::p2p
