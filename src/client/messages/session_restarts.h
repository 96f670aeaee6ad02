// Beginning anew with a device whose messages cannot be read (docs/spec/content.md), not more often than
// limits::restart_interval, whatever comes. Loop thread only.
#pragma once

#include <cstdint>
#include <string>

#include "client/core.h"
#include "client/messages/outbox.h"
#include "client/people/directory.h"

namespace pqc::client {

class SessionRestarts {
 public:
  SessionRestarts(Core& core, Directory& directory, Outbox& outbox)
      : core_(core), directory_(directory), outbox_(outbox) {}

  // A session of ours, by which the device is asked to repeat what we did not confirm. Where it is too early nothing
  // happens; `done` comes in any case.
  void begin(std::int64_t contact, identity::DeviceId device, Directory::Done done);
  // The device asks for it: what it has not confirmed is sealed again, in the transaction that is being made.
  Status repeat_unconfirmed(std::int64_t contact, identity::DeviceId device);

 private:
  Result<bool> may(const std::string& setting);
  Status send(std::int64_t contact, identity::DeviceId device);

  Core& core_;
  Directory& directory_;
  Outbox& outbox_;
};

}  // namespace pqc::client
