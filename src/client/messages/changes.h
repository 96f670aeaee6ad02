// The local changes that front ends ask for: deleting, blocking, declining, settings; and the way from the digits of an
// id to its message. Loop thread only.
#pragma once

#include <map>
#include <optional>

#include "client/core.h"
#include "client/messages/outbox.h"
#include "client/requests.h"

namespace pqc::client {

class Changes {
 public:
  Changes(Core& core, Outbox& outbox) : core_(core), outbox_(outbox) {}

  // Errors: unknown_peer, unknown_message, usage, those of the store.
  Status apply(const Change& change);

  Result<Settings> settings();

 private:
  Status make(const DeleteMessage& change);
  Status make(const DeleteConversation& change);
  Status make(const SetBlocked& change);
  Status make(const DeclineRequest& change);
  Status make(const ChangeSettings& change);
  Status make(const SetTyping& change);
  Result<ContactRow> contact(const std::string& peer);
  Result<bool> may_tell_typing(const ContactRow& contact, bool active);

  Core& core_;
  Outbox& outbox_;
  std::map<std::int64_t, UnixMillis> typing_told_;
};

}  // namespace pqc::client
