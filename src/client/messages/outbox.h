// The way of a message out (DESIGN §6): stored, sealed, on the wire, accepted, delivered.
//
//   enqueue --> queued --seal--> queued, exact bytes in the outbox --append--> sent --receipt--> delivered
//                  '----------------------- failed (with the reason) ---------'
//
// Sealing writes the ratchet's new state, the exact bytes and the message's mark in one transaction; only then do the
// bytes go out, and a retry repeats them under the same id until the server has them. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <vector>

#include "client/chat/encryptor.h"
#include "client/chat/transport.h"
#include "client/core.h"
#include "client/messages/content.h"
#include "client/people/directory.h"
#include "client/requests.h"

namespace pqc::client {

class Outbox {
 public:
  Outbox(Core& core, Directory& directory, Encryptor& encryptor, Transport& transport)
      : core_(core), directory_(directory), encryptor_(encryptor), transport_(transport) {}

  // Stores a message, and seals it at once where a session is there. The same id again answers the same message.
  // Errors: those of drafts.h, of the store.
  Result<Message> enqueue(const Draft& draft);

  // Seals what can be sealed and sends what was sealed.
  void pump();
  void on_offline();
  // Whether everything that can go out has gone out and was answered.
  [[nodiscard]] bool idle() const;

  // Inside the caller's transaction: the contact is no stranger any more, and gets the receipts that waited for it.
  Status accept(const ContactRow& contact);
  // Inside the caller's transaction: turns owed receipts into outgoing bytes.
  Status add_receipts();
  // Inside the caller's transaction: seals content that is no message of the user.
  Status add_control(const ContactRow& contact, const identity::VerifiedRecord& record, identity::DeviceId device,
                     const Content& content);
  // The same for another device of this account.
  Status add_own(identity::DeviceId device, const Content& content);
  // Inside the caller's transaction: the same for every device, where sessions are there; answers whether they were.
  Result<bool> add_to_all_devices(const ContactRow& contact, const Content& content);
  // Told of a message that a server which is there does not take now, and why: it is tried again later.
  std::function<void(std::int64_t message, const Error& why)> held_back = [](std::int64_t, const Error&) {};

  // Whether this client would go direct with a contact (docs/spec/direct.md §2).
  std::function<bool(const ContactRow& contact)> goes_direct = [](const ContactRow&) { return false; };

  // What waits for a contact fails, for this reason.
  Status give_up(std::int64_t contact, const Error& why);

  // Seals to every device of contacts and to our own: the header says which record we have now, and they ask for it.
  void tell_devices_changed();

 private:
  Status tell_devices_changed(const ContactRow& contact);
  Result<bool> own_devices_ready();
  Result<bool> has_other_devices(const OutboxRow& row);
  Status add_copies(const ContactRow& contact, const Content& sent);
  Result<bool> ready(const ContactRow& contact);
  Status seal(const MessageRow& row, const ContactRow& contact);
  Status seal_ready(std::vector<std::int64_t>& contacts_to_prepare);
  void prepare(std::int64_t contact);
  Status add_reads();
  Status add_reads_to(const ContactRow& contact, std::span<const MessageRow> rows);
  void fail_unsealed(std::int64_t contact, const Error& error);
  void send_ready();
  void carry_together(std::vector<OutboxRow> rows, std::vector<Parcel> parcels);
  void carry_apart(OutboxRow row, Parcel parcel);
  void settle_apart();
  void on_answer(const std::vector<OutboxRow>& rows, Result<std::vector<ParcelOutcome>> outcomes);
  Result<std::vector<std::int64_t>> settle(const std::vector<OutboxRow>& rows,
                                           const std::vector<ParcelOutcome>& outcomes);
  Status settle_one(const OutboxRow& row, const ParcelOutcome& outcome);
  void retry_later();
  OutboxRow row_for(std::int64_t contact, std::uint32_t device, Bytes body, std::optional<std::int64_t> message);

  Core& core_;
  Directory& directory_;
  Encryptor& encryptor_;
  Transport& transport_;
  std::set<std::int64_t> preparing_;
  std::int64_t last_sent_ = 0;  // seq of the last row on the wire in this connection
  std::size_t in_flight_ = 0;
  // Rows that go a way of their own, and those of them whose outcome is to be stored.
  std::set<std::int64_t> apart_;
  std::vector<OutboxRow> answered_;
  std::vector<ParcelOutcome> answers_;
  bool held_back_ = false;  // the server refused some rows for now
  bool rewind_ = false;     // once nothing is in flight, everything that is left goes again
  Loop::HandlePtr retry_;
};

}  // namespace pqc::client
