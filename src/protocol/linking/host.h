// The old device's side of linking (docs/spec/devices.md §8): no I/O, no clock. Each state is used up by its step.
//
//   invite() --> Inviting --answer--> new device's keys, Signing --record--> Finishing --confirmation
#pragma once

#include <utility>
#include <vector>

#include "protocol/linking/channel.h"
#include "protocol/linking/messages.h"

namespace pqc::linking {

// The record is on its way.
class Finishing {
 public:
  explicit Finishing(Channel channel) : channel_(std::move(channel)) {}
  // Whether the new device has stored it.
  [[nodiscard]] Result<void> open_confirmation(ByteView message) const;

 private:
  Channel channel_;
};

struct SealedRecord {
  Bytes message;
  Finishing next;
};

// The keys are here; the record that names them is to be made.
class Signing {
 public:
  explicit Signing(Channel channel) : channel_(std::move(channel)) {}
  [[nodiscard]] static Result<SealedRecord> seal_record(Signing signing, ByteView signed_record);

 private:
  Channel channel_;
};

struct NewDevice {
  std::vector<identity::DeviceKeys> keys;
  Signing next;
};

class Inviting {
 public:
  Inviting(std::vector<crypto::SuiteId> suites, Channel channel)
      : suites_(std::move(suites)), channel_(std::move(channel)) {}
  // Error::refused unless the keys are those of the suites that were asked for. The state stays where it was then.
  [[nodiscard]] Result<NewDevice> open_answer(ByteView message);

 private:
  std::vector<crypto::SuiteId> suites_;
  Channel channel_;
};

struct SealedInvitation {
  Bytes message;
  Inviting next;
};

// `public_key` as the server gave it. Error::refused where it is not the one that the code names.
[[nodiscard]] Result<SealedInvitation> invite(const Code& code, ByteView public_key, const Invitation& invitation,
                                              Rng& rng);

}  // namespace pqc::linking
