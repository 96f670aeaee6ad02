// The relay: appends to mailboxes, and who is told of them (docs/spec/relay.md §6).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "proto/relay.pb.h"
#include "server/relay/subscription.h"
#include "server/storage/store.h"

namespace pqc::server::relay {

namespace v1 = pqc_chat::v1;

// Who appends.
struct Sender {
  storage::MailboxId mailbox;
  std::string account;
  std::uint32_t device = 0;
  storage::AccountId account_id;
};

// One item of an append, checked and hashed; then what came of it.
struct Item {
  storage::ClientMessageId id{};
  storage::BodyHash hash{};
  std::string to_account;
  std::uint32_t to_device = 0;
  std::string body;
  v1::ErrorCode error = v1::ERROR_UNSPECIFIED;
  storage::MailboxId to;
  storage::MessageId message;
  bool stored = false;  // false: refused, or known from an earlier try
};

// Takes the items out of a request; MALFORMED where the frame breaks the protocol as a whole.
std::expected<std::vector<Item>, v1::ErrorCode> take_items(v1::Append& request);

// Appends each item that has no error yet. Store's thread; may be called again after a rollback.
storage::Result<void> append(storage::Store& store, const Sender& sender, UnixMillis now, std::vector<Item>& items);

// Items for accounts or devices that are not there.
[[nodiscard]] std::size_t count_misses(const std::vector<Item>& items);

// A message on its way to a subscriber.
struct Delivery {
  storage::MessageId id;
  std::string from_account;
  std::uint32_t from_device = 0;
  UnixMillis received_at;
  storage::ClientMessageId client_id{};
  std::string body;
};

class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // A message for its mailbox was committed. It may take the body.
  virtual void committed(Delivery& delivery) = 0;
  // Everything of this commit has been offered.
  virtual void flush_deliveries() = 0;
  // The same device subscribed elsewhere; no more calls follow.
  virtual void replaced() = 0;
};

// Who is subscribed to which mailbox. One thread.
class Hub {
 public:
  void subscribe(storage::MailboxId mailbox, Subscriber& subscriber);
  void unsubscribe(storage::MailboxId mailbox, const Subscriber& subscriber);
  // Offers what an append stored.
  void committed(const Sender& sender, UnixMillis received_at, std::vector<Item>& items);
  // Once after all reports of a commit.
  void flush();
  [[nodiscard]] std::size_t size() const { return subscribers_.size(); }

 private:
  std::unordered_map<std::int64_t, Subscriber*> subscribers_;
  std::vector<Subscriber*> touched_;
};

}  // namespace pqc::server::relay
