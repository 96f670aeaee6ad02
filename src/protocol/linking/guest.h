// The new device's side of linking (docs/spec/devices.md §8): no I/O, no clock. Each state is used up by its step.
//
//   Offer --invitation--> Invited --answer--> Answered --record--> signed record --confirmation
#pragma once

#include <utility>
#include <vector>

#include "protocol/linking/channel.h"
#include "protocol/linking/messages.h"

namespace pqc::linking {

// The keys are made, the record is awaited.
class Answered {
 public:
  explicit Answered(Channel channel) : channel_(std::move(channel)) {}
  // The record that names the new device, as the host sealed it: to be verified by the caller.
  [[nodiscard]] Result<Bytes> open_record(ByteView message) const { return channel_.open(Step::record, message); }
  // After the record was stored.
  [[nodiscard]] Result<Bytes> confirm() const { return channel_.seal(Step::confirmation, {}); }

 private:
  Channel channel_;
};

// Sealed for the host, and what comes next.
struct Reply {
  Bytes message;
  Answered next;
};

class Invited {
 public:
  Invited(Invitation invitation, Channel channel) : invitation_(std::move(invitation)), channel_(std::move(channel)) {}
  [[nodiscard]] const Invitation& invitation() const { return invitation_; }
  [[nodiscard]] static Result<Reply> answer(Invited invited, const std::vector<identity::DeviceKeys>& keys);

 private:
  Invitation invitation_;
  Channel channel_;
};

class Offer {
 public:
  static Result<Offer> make(Rng& rng);
  [[nodiscard]] const Code& code() const { return code_; }
  // What the server keeps for who knows the link's id.
  [[nodiscard]] const Bytes& public_key() const { return pair_.public_key; }
  // A message that does not open leaves the offer as it was.
  [[nodiscard]] Result<Invited> open_invitation(ByteView message) const;

 private:
  Offer(hpke::KeyPair pair, Code code) : pair_(std::move(pair)), code_(std::move(code)) {}

  hpke::KeyPair pair_;
  Code code_;
};

}  // namespace pqc::linking
