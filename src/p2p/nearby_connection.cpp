#include "p2p/nearby_connection.h"

#include "p2p/chat.h"

namespace pqc::p2p {

void NearbyConnection::start(const NearbyPeer& peer) {
  untried_ = peer.addresses;
  if (!peer.identity.empty()) {
    chat_.expect(peer.identity);
    chat_.otherwise([this](const Address& failed) { return go_on_without(failed); });
  }
  connect();
}

// Links outlive their transport.
void NearbyConnection::connect() {
  transport_ = std::make_unique<UdpTransport>(loop_);
  transport_->connect_any(untried_, chat_.connecting());
}

// Comes from inside the transport.
bool NearbyConnection::go_on_without(const Address& failed) {
  if (std::erase(untried_, failed) == 0 || untried_.empty()) return false;
  next_ = loop_.after(std::chrono::milliseconds(0), [this] { connect(); });
  return true;
}

}  // namespace pqc::p2p
