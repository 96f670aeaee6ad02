// Addresses as the system has them.
#pragma once

#include <vector>

#include "client/resolver.h"
#include "p2p/address.h"

namespace pqc::p2p {

using client::Addresses;
using client::name_of;
using client::resolve;

// Of a socket's own end.
Address local_address(int fd);

// The addresses under which others may reach this machine at this port: those of its interfaces, IPv6 first, without
// link-local ones; loopback only where there is nothing else.
std::vector<Address> addresses_of_this_machine(std::uint16_t port, bool v6);

}  // namespace pqc::p2p
