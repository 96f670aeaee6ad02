// The way to somebody known on the local network (docs/spec/p2p.md §16). Whoever repeats their tag may answer too, and
// is found out by the handshake only: then the other addresses are tried, each until it has led to the wrong one. Loop
// thread only.
#pragma once

#include <memory>
#include <vector>

#include "client/loop.h"
#include "p2p/nearby.h"
#include "p2p/udp_transport.h"

namespace pqc::p2p {

class Chat;

class NearbyConnection {
 public:
  // Both outlive it, and it outlives the run of the chat.
  NearbyConnection(client::Loop& loop, Chat& chat) : loop_(loop), chat_(chat) {}

  // Once. Of somebody not known the first link is taken, whoever answers.
  void start(const NearbyPeer& peer);

 private:
  void connect();
  bool go_on_without(const Address& failed);

  client::Loop& loop_;
  Chat& chat_;
  std::vector<Address> untried_;
  std::unique_ptr<UdpTransport> transport_;
  client::Loop::HandlePtr next_;
};

}  // namespace pqc::p2p
