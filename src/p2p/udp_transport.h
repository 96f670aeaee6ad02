// udp: QUIC over one UDP socket, to a known address (docs/spec/p2p.md §12). Loop thread only.
#pragma once

#include <memory>
#include <vector>

#include "client/resolver.h"
#include "net/fingerprint.h"
#include "p2p/transport.h"

namespace pqc::p2p {

class QuicEngine;

class UdpTransport final : public Transport {
 public:
  // `ask` as in Resolver.
  explicit UdpTransport(client::Loop& loop, client::Resolver::Ask ask = {});
  ~UdpTransport() override;

  // Makes the key and the socket, from which everything goes out; once. Answers the address. Errors: those of listen.
  client::Result<Address> bind(const Address& address);
  // Of our key; after bind.
  [[nodiscard]] net::Fingerprint fingerprint() const;
  // From now on only who has this key.
  void pin(const net::Fingerprint& peer);

  client::Result<Address> listen(const Address& address, std::function<void(LinkPtr)> accepted) override;
  void connect(const Address& address, std::function<void(client::Result<LinkPtr>)> done) override;
  // The first of these numeric addresses, tried a moment after another, where the handshake is done. Errors: those of
  // connect; refused: somebody with another key than the pinned one.
  void connect_any(const std::vector<Address>& addresses, std::function<void(client::Result<LinkPtr>)> done);

 private:
  client::Loop& loop_;
  client::Resolver resolver_;
  std::shared_ptr<QuicEngine> engine_;
};

}  // namespace pqc::p2p
