// The people this account talks to: their verified records, what is pinned, what a new record may change
// (docs/spec/identity.md §7). Nothing is taken from a server without its signature, and no other identity keys take the
// place of pinned ones unless the user accepts them. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "client/error.h"
#include "client/people/account.h"
#include "client/store/store.h"
#include "client/types.h"

namespace pqc::client {

class Contacts {
 public:
  Contacts(Store& store, Account& account, const Clock& clock) : store_(store), account_(account), clock_(clock) {}

  // "bob" (of our own server) or "bob@server". Errors: invalid_name.
  Result<identity::AccountName> parse(std::string_view peer) const;

  // The pinned record; nothing where none was fetched yet.
  Result<std::shared_ptr<const identity::VerifiedRecord>> pinned(const ContactRow& contact);

  // A record as the server gave it. Pins it when it verifies and may follow the pinned one, and removes the sessions
  // of devices it revokes. Errors: identity_changed (kept for the user to accept, announced), refused, clock_off.
  Status take_record(std::int64_t contact, ByteView signed_record);
  // This account as a contact of itself: its other devices' sessions hang on it, with the record that is ours now.
  Result<ContactRow> self();
  [[nodiscard]] bool is_self(const ContactRow& contact) const;
  // Uses the pinned record for another limits::contact_refresh, though the server did not confirm it; not after its
  // end. Errors: unknown_peer, refused.
  Status keep_pinned(std::int64_t contact);
  // Whether the server should be asked again before messages go out.
  [[nodiscard]] bool stale(const ContactRow& contact);
  // What a device of the contact said, in a header that its session authenticates, of its account's record: noted where
  // that is newer than the pinned one. Inside the caller's transaction.
  Status note_record(const ContactRow& contact, identity::DeviceId device, std::uint64_t version);
  // Whether the pinned record is older than what a device of it spoke of: a server that holds the newer one back must
  // not keep us writing to a device that was revoked (THREATS 3).
  Result<bool> withheld(const ContactRow& contact);
  // The same after the server was asked: announced. Error: refused.
  Status refuse_withheld(std::int64_t contact);
  // A record that has to be seen anew before a session may begin.
  [[nodiscard]] bool expired(const identity::VerifiedRecord& record) const;

  // The user accepts the other keys: they are pinned, sessions with the old ones end, nothing is verified any more.
  Status accept_changed(const ContactRow& contact);
  Result<SafetyNumber> safety_number(const ContactRow& contact);
  Result<client::Contact> describe(const ContactRow& row);

  // Announces, at most once in a day for a kind and contact that the user has not seen.
  Status announce(NoticeKind kind, std::string_view peer, std::string_view text);

  // One who was removed from the store.
  void forget(std::int64_t id) { cache_.erase(id); }

 private:
  Status take_own_record(ByteView signed_record);
  Status tell_changes(std::string_view peer, const identity::Succession& change);
  Status pin(const ContactRow& contact, identity::VerifiedRecord record);
  Status tell_not_verified(const ContactRow& contact, identity::Error why);
  Status confirm_record(const ContactRow& contact);
  Status refuse_record(const ContactRow& contact, identity::Error why, const identity::VerifiedRecord& next);

  Store& store_;
  Account& account_;
  const Clock& clock_;
  std::unordered_map<std::int64_t, std::shared_ptr<const identity::VerifiedRecord>> cache_;
};

}  // namespace pqc::client
