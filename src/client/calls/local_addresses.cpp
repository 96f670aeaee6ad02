#include "client/calls/local_addresses.h"

#include <array>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "net/ice/limits.h"

namespace pqc::client {
namespace {

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

// Empty for what is no IP address, or link-local.
std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if ((ntohl(ip.s_addr) >> 16) == 0xA9FE) return {};  // 169.254.0.0/16, RFC 3927
    return ::inet_ntop(AF_INET, &ip, text.data(), text.size());
  }
  if (address->sa_family != AF_INET6) return {};
  const auto& ip = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (IN6_IS_ADDR_LINKLOCAL(&ip)) return {};
  return ::inet_ntop(AF_INET6, &ip, text.data(), text.size());
}

}  // namespace

std::vector<std::string> local_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeInterfaces> owner(list);
  std::vector<std::string> six;
  std::vector<std::string> four;
  std::vector<std::string> loopback;
  for (const auto* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    auto text = text_of(at->ifa_addr);
    if (text.empty()) continue;
    auto& kind = (at->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : at->ifa_addr->sa_family == AF_INET ? four : six;
    kind.push_back(std::move(text));
  }
  six.insert(six.end(), four.begin(), four.end());
  auto& out = six.empty() ? loopback : six;
  if (out.size() > net::ice::limits::local_addresses) out.resize(net::ice::limits::local_addresses);
  return std::move(out);
}

}  // namespace pqc::client
