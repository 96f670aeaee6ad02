// The way of a message in (DESIGN §6): what the mailbox delivers is opened and stored, in one transaction with the
// ratchet's new state, the cursor and the receipts owed; only then the server may delete it. What was processed before
// is acknowledged and dropped.
//
// Deliveries are handled in order. One whose sender's record is not known yet holds the others up for a question to
// the server. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/calls/call_lines.h"
#include "client/core.h"
#include "client/direct/direct_frame.h"
#include "client/direct/direct_notes.h"
#include "client/linking/history_transfer.h"
#include "client/messages/content.h"
#include "client/messages/inbox_room.h"
#include "client/messages/outbox.h"
#include "client/messages/session_restarts.h"
#include "client/messages/stranger_limits.h"
#include "client/people/directory.h"

namespace pqc::client {

class Sync {
 public:
  Sync(Core& core, Directory& directory, Outbox& outbox, HistoryTransfer& history, CallLines& calls)
      : core_(core),
        directory_(directory),
        outbox_(outbox),
        history_(history),
        calls_(calls),
        restarts_(core, directory, outbox, calls.serves()) {}

  // Asks for the mailbox; deliveries come from now on.
  void subscribe();
  void deliver(const pqc_chat::v1::Deliver& deliver);
  // The same for what came over a path to this device (docs/spec/direct.md §4). False: too much of this device waits.
  bool deliver_direct(const std::string& account, identity::DeviceId device, DirectParcel parcel);
  // Told after each commit, where it is set.
  std::function<void(const DirectCommit&)> direct_committed;
  void on_offline();
  // Whether everything that was in the mailbox at the time of subscribe() is stored.
  [[nodiscard]] bool caught_up() const;
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  // Begins anew with a device of this contact.
  void restart(std::int64_t contact, identity::DeviceId device, Directory::Done done) {
    restarts_.begin(contact, device, std::move(done));
  }

 private:
  struct Delivery {
    std::int64_t message_id = 0;
    std::string account;
    identity::DeviceId device;
    Bytes id;
    Bytes body;
    UnixMillis received_at;       // by the server's clock
    bool record_fetched = false;  // the sender's record was asked for already
    bool direct = false;          // over a path to this device: message_id is 0
    bool given_back = false;      // not taken over the path: the server brings it
    bool one_too_many = false;    // of its account, if that is a stranger's
  };
  // What happens to the delivery at the head of the queue.
  enum class Next : std::uint8_t { done, give_back, wait_for_record, wait_for_keys, store_failed };

  void process();
  Next handle(const Delivery& delivery);
  Next handle_from(const Delivery& delivery, const ContactRow& contact);
  Next receipts(const ContactRow& contact, const Delivery& delivery, const pqxdh::AcknowledgementEnvelope& envelope);
  Next opened(const ContactRow& contact, const Delivery& delivery, const OpenedMessage& message);
  Next not_opened(const ContactRow& contact, const Delivery& delivery, OpenError why);
  Next store_message(const ContactRow& contact, const Delivery& delivery, const OpenedMessage& message,
                     const Content& content);
  Result<bool> may_store(const ContactRow& contact, const MessageRow& row);
  Next messages_read(const ContactRow& contact, const ReadContent& read);
  void tell_typing(const ContactRow& contact, UnixMillis sent_at, bool active);
  Next opened_own(const Delivery& delivery, const OpenedMessage& message, const Content& content);
  Next store_copy(const Delivery& delivery, std::uint16_t suite, const SentCopyContent& copy);
  Next refused(const ContactRow& contact, const Delivery& delivery);
  Next unreadable(const ContactRow& contact, const Delivery& delivery);
  // Whether what it costs is limited: a stranger, to a service.
  [[nodiscard]] bool limits_stranger(const ContactRow& contact) const;
  [[nodiscard]] bool may_look_up(const ContactRow& contact);
  void refresh(const ContactRow& contact, const ContactRow& because_of);
  Status check_versions(const ContactRow& contact, identity::DeviceId device, const OpenedMessage& message);
  Status finish(Transaction& transaction, std::int64_t cursor);
  void committed(std::int64_t cursor);
  void leave_room(const Delivery& delivery);
  void note_handled(std::size_t count);
  void not_fit(const Delivery& delivery);
  Next drop(const ContactRow& contact, const Delivery& delivery);
  void fetch_record();
  void retry_later();
  void wait_for_keys();
  void pause();

  Core& core_;
  Directory& directory_;
  Outbox& outbox_;
  HistoryTransfer& history_;
  CallLines& calls_;
  SessionRestarts restarts_;
  std::deque<Delivery> queue_;
  InboxRoom room_;
  StrangerLimits strangers_;  // of a service
  bool full_ = false;         // more came than may wait: nothing further is taken on this connection
  bool waiting_ = false;      // for a record, or for the store
  bool subscribed_ = false;
  std::int64_t newest_ = 0;
  std::int64_t cursor_ = 0;
  std::optional<Error> failure_;
  Loop::HandlePtr retry_;
  // Of the transaction that is being made.
  std::vector<std::int64_t> changed_;
  std::set<std::pair<std::int64_t, std::uint32_t>> to_restart_;
  std::set<std::int64_t> to_refresh_;
  DirectNotes direct_;
};

}  // namespace pqc::client
