#include "net/ice/servers.h"

#include <array>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

namespace pqc::net::ice {
namespace {

struct Free {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, Free>;

Addresses look_up(const std::string& host, int family, int flags) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  return ::getaddrinfo(host.c_str(), nullptr, &hints, &list) == 0 ? Addresses(list) : Addresses();
}

std::string text_of(const addrinfo& found) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(found.ai_addr, found.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  return text.data();
}

}  // namespace

std::vector<TurnServer> find_turn(const TurnUri& uri, const std::string& username, const std::string& password) {
  std::vector<TurnServer> out;
  const auto found = look_up(uri.server.host, AF_UNSPEC, 0);
  for (const auto* at = found.get(); at != nullptr; at = at->ai_next)
    out.push_back({.ip = text_of(*at),
                   .port = uri.server.port,
                   .transport = uri.transport,
                   .username = username,
                   .password = password,
                   .name = uri.server.host,
                   .pin = uri.pin});
  return out;
}

std::optional<StunServer> find_stun(const HostPort& server) {
  const auto found = look_up(server.host, AF_INET, 0);
  if (!found) return std::nullopt;
  return StunServer{.ip = text_of(*found), .port = server.port};
}

bool is_numeric(const HostPort& server) {
  return look_up(server.host, AF_UNSPEC, AI_NUMERICHOST) != nullptr;
}

}  // namespace pqc::net::ice
