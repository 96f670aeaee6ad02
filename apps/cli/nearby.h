// p2p listen --nearby, p2p nearby: who is on the local network (docs/spec/p2p.md §16). Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"
#include "client/loop.h"
#include "p2p/encryptor.h"
#include "p2p/nearby.h"

namespace pqc::net::dnssd {
class Announcement;
}

namespace pqc::cli {

// Announces this identity from start() to end().
class NearbyAnnouncement {
 public:
  // All outlive it.
  NearbyAnnouncement(const Output& output, Console& console, client::Loop& loop, const p2p::Party& party);
  ~NearbyAnnouncement();
  NearbyAnnouncement(const NearbyAnnouncement&) = delete;
  NearbyAnnouncement& operator=(const NearbyAnnouncement&) = delete;

  // Once. Empty name: one at random. Error: unreachable (what is missing here).
  client::Status start(const std::string& name, std::uint16_t port);
  void end();

 private:
  void on_ready();

  const Output& output_;
  Console& console_;
  client::Loop& loop_;
  const p2p::Party& party_;
  std::unique_ptr<net::dnssd::Announcement> announcement_;
  client::Loop::HandlePtr ready_;
};

// Shows who is found within limits::nearby_time. Error: unreachable.
client::Status list_nearby(const Context& context);
// Waits for this one up to limits::nearby_peer_time. Errors: unknown_peer, unreachable.
client::Result<p2p::NearbyPeer> find_nearby(const Context& context, const std::string& name);

}  // namespace pqc::cli
