// What is on its way out: sealed bytes until the server has them, receipts expected and owed; and what came in already.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "client/limits.h"
#include "client/store/database.h"
#include "client/types.h"

namespace pqc::client {

using ReceiptTag = std::array<std::uint8_t, 16>;

// Exact bytes for one device. A retry repeats them under the same id.
struct OutboxRow {
  std::int64_t seq = 0;
  MessageId id{};  // towards the server only
  std::int64_t contact = 0;
  std::string peer;
  std::uint32_t device = 0;
  Bytes body;
  std::optional<std::int64_t> message;  // the message these bytes carry, if any
};

struct OwedReceipt {
  std::int64_t seq = 0;
  std::int64_t contact = 0;
  std::uint32_t device = 0;
  ReceiptTag tag{};
};

class OutboxTable {
 public:
  explicit OutboxTable(Database& database) : database_(database) {}

  Status add(const OutboxRow& row, UnixMillis now);
  // The oldest with seq > after, as many as have `bytes` together; the first one in any case.
  Result<std::vector<OutboxRow>> next(std::int64_t after, std::size_t limit, std::size_t bytes = limits::append_bytes);
  // Whether it was there.
  Result<bool> remove(std::int64_t seq);
  // Whether any bytes of a message still wait.
  Result<bool> holds(std::int64_t message);
  Result<std::int64_t> size();
  Status drop_messages_to(std::int64_t contact);
  // The bytes of one message, and the receipts that it waits for.
  Status drop_message(std::int64_t message);

  Status expect_receipt(const ReceiptTag& tag, std::int64_t message, std::int64_t contact, std::uint32_t device);
  // The message it belongs to, once; nothing for a tag that this device of this contact does not owe us.
  Result<std::optional<std::int64_t>> take_expected(const ReceiptTag& tag, std::int64_t contact, std::uint32_t device);
  Result<bool> expects_more(std::int64_t message);
  Status drop_expected(std::int64_t contact);
  Status drop_expected_of(std::int64_t message, std::uint32_t device);

  Status owe_receipt(std::int64_t contact, std::uint32_t device, const ReceiptTag& tag);
  // To accepted contacts only, those of one device together.
  Result<std::vector<OwedReceipt>> owed(std::size_t limit);
  Status remove_owed(std::int64_t seq);
  Status forget_owed(std::int64_t contact);

  Result<bool> seen(std::int64_t contact, ByteView id);
  Status set_seen(std::int64_t contact, ByteView id, UnixMillis now);
  Status forget_seen_before(UnixMillis time);

 private:
  Database& database_;
};

}  // namespace pqc::client
