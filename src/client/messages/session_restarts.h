// Beginning anew with a device whose messages cannot be read (docs/spec/content.md), not more often than
// limits::restart_interval, whatever comes. Loop thread only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "client/core.h"
#include "client/messages/outbox.h"
#include "client/people/directory.h"

namespace pqc::client {

class SessionRestarts {
 public:
  // `of_strangers`: they are begun anew with, so attempts that fail count as well.
  SessionRestarts(Core& core, Directory& directory, Outbox& outbox, bool of_strangers)
      : core_(core), directory_(directory), outbox_(outbox), of_strangers_(of_strangers) {}

  // A session of ours, by which the device is asked to repeat what we did not confirm. Where it is too early, or one is
  // on its way, nothing happens; `done` comes in any case.
  void begin(std::int64_t contact, identity::DeviceId device, Directory::Done done);
  // The device asks for it: what it has not confirmed is sealed again, in the transaction that is being made.
  Status repeat_unconfirmed(std::int64_t contact, identity::DeviceId device);

 private:
  Result<bool> may(const std::string& setting);
  Status note_attempt(const std::string& setting, std::chrono::milliseconds earlier);
  Status begun(std::int64_t contact, identity::DeviceId device, const Status& status);
  Status send(std::int64_t contact, identity::DeviceId device);

  Core& core_;
  Directory& directory_;
  Outbox& outbox_;
  const bool of_strangers_;
  std::set<std::pair<std::int64_t, std::uint32_t>> on_their_way_;
};

}  // namespace pqc::client
