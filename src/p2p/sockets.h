// Addresses as the system has them.
#pragma once

#include <memory>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

#include "client/error.h"
#include "p2p/address.h"

namespace pqc::p2p {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// Blocks while a name is looked up. Error: unreachable.
client::Result<Addresses> resolve(const Address& address, int type, int flags, int family = AF_UNSPEC);

Address name_of(const sockaddr* address, socklen_t size);
// Of a socket's own end.
Address local_address(int fd);

// The addresses under which others may reach this machine at this port: those of its interfaces, IPv6 first, without
// link-local ones; loopback only where there is nothing else.
std::vector<Address> addresses_of_this_machine(std::uint16_t port, bool v6);

}  // namespace pqc::p2p
