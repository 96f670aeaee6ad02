// The offer of a call that rings, or would if a program were there that takes calls: kept in the profile until the call
// is over, so that a program that starts while it rings can still answer it (docs/spec/calls.md §5). One at a time, the
// latest. Loop thread only.
#pragma once

#include <optional>

#include "client/calls/call_machine.h"
#include "client/store/store.h"

namespace pqc::client {

struct WaitingOffer {
  CallPeer from;
  UnixMillis received_at;  // when the server took it in
  CallContent content;
};

class WaitingOffers {
 public:
  explicit WaitingOffers(Store& store) : store_(store) {}

  // In place of the one before.
  Status keep(const WaitingOffer& offer);
  [[nodiscard]] Result<std::optional<WaitingOffer>> find() const;
  // Nothing where another one waits.
  Status forget(const CallId& id);

 private:
  Store& store_;
};

}  // namespace pqc::client
