// The transport through the server's mailboxes (docs/spec/relay.md, append).
#pragma once

#include <memory>

#include "client/chat/transport.h"
#include "client/relay.h"

namespace pqc::client {

class RelayTransport final : public Transport {
 public:
  // The relay may be made later, and outlives no call.
  explicit RelayTransport(const std::unique_ptr<Relay>& relay) : relay_(relay) {}

  [[nodiscard]] bool ready() const override { return relay_ && relay_->online(); }
  [[nodiscard]] std::size_t batch() const override { return relay_ ? relay_->append_items() : 1; }
  void carry(std::vector<Parcel> parcels, Answer answer) override;

 private:
  const std::unique_ptr<Relay>& relay_;
};

}  // namespace pqc::client
