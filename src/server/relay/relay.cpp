#include "server/relay/relay.h"

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "server/relay/limits.h"

namespace pqc::server::relay {
namespace {

storage::BodyHash hash_of(const Item& item) {
  const auto device = item.to_device;
  const std::array<std::uint8_t, 5> after_name{
      0, static_cast<std::uint8_t>(device >> 24), static_cast<std::uint8_t>(device >> 16),
      static_cast<std::uint8_t>(device >> 8), static_cast<std::uint8_t>(device)};
  return crypto::sha256({as_bytes(item.to_account), after_name, as_bytes(item.body)});
}

}  // namespace

std::expected<std::vector<Item>, v1::ErrorCode> take_items(v1::Append& request) {
  if (request.items_size() == 0) return std::unexpected(v1::ERROR_MALFORMED);
  if (request.items_size() > max_append_items) return std::unexpected(v1::ERROR_TOO_LARGE);
  std::vector<Item> items(static_cast<std::size_t>(request.items_size()));
  for (int i = 0; i < request.items_size(); ++i) {
    auto& from = *request.mutable_items(i);
    auto& item = items[static_cast<std::size_t>(i)];
    if (from.id().size() != item.id.size()) return std::unexpected(v1::ERROR_MALFORMED);
    std::ranges::copy(as_bytes(from.id()), item.id.begin());
    item.to_account = std::move(*from.mutable_to()->mutable_account());
    item.to_device = from.to().device();
    item.body = std::move(*from.mutable_body());
    if (item.body.empty()) item.error = v1::ERROR_MALFORMED;
    if (item.body.size() > max_body_size) item.error = v1::ERROR_TOO_LARGE;
    if (item.error == v1::ERROR_UNSPECIFIED) item.hash = hash_of(item);
  }
  return items;
}

storage::Result<void> append(storage::Store& store, const Sender& sender, UnixMillis now, std::vector<Item>& items) {
  for (auto& item : items) {
    item.stored = false;
    if (item.error == v1::ERROR_MALFORMED || item.error == v1::ERROR_TOO_LARGE) continue;
    item.error = v1::ERROR_UNSPECIFIED;
    const auto to = store.find_recipient(item.to_account, item.to_device);
    if (!to) return std::unexpected(to.error());
    if (to->lookup != storage::Lookup::found) {
      item.error = to->lookup == storage::Lookup::no_account ? v1::ERROR_UNKNOWN_ACCOUNT : v1::ERROR_UNKNOWN_DEVICE;
      continue;
    }
    item.to = to->mailbox;
    const auto appended =
        store.append({item.to, sender.mailbox, sender.account_id, item.id, item.hash, now, as_bytes(item.body)});
    if (!appended) return std::unexpected(appended.error());
    item.message = appended->message;
    item.stored = appended->outcome == storage::AppendOutcome::stored;
    if (appended->outcome == storage::AppendOutcome::conflict) item.error = v1::ERROR_CONFLICT;
    if (appended->outcome == storage::AppendOutcome::quota) item.error = v1::ERROR_QUOTA;
  }
  return {};
}

std::size_t count_misses(const std::vector<Item>& items) {
  return static_cast<std::size_t>(std::ranges::count_if(items, [](const Item& item) {
    return item.error == v1::ERROR_UNKNOWN_ACCOUNT || item.error == v1::ERROR_UNKNOWN_DEVICE;
  }));
}

void Hub::subscribe(storage::MailboxId mailbox, Subscriber& subscriber) {
  auto& place = subscribers_[mailbox.value];
  auto* before = std::exchange(place, &subscriber);
  if (before == nullptr || before == &subscriber) return;
  std::erase(touched_, before);
  before->replaced();
}

void Hub::unsubscribe(storage::MailboxId mailbox, const Subscriber& subscriber) {
  std::erase(touched_, &subscriber);
  const auto it = subscribers_.find(mailbox.value);
  if (it != subscribers_.end() && it->second == &subscriber) subscribers_.erase(it);
}

void Hub::committed(const Sender& sender, UnixMillis received_at, std::vector<Item>& items) {
  for (auto& item : items) {
    if (!item.stored) continue;
    const auto it = subscribers_.find(item.to.value);
    if (it == subscribers_.end()) continue;
    Delivery delivery{item.message, sender.account, sender.device, received_at, item.id, std::move(item.body)};
    it->second->committed(delivery);
    if (touched_.empty() || touched_.back() != it->second) touched_.push_back(it->second);
  }
}

void Hub::flush() {
  // A flush may end a connection, which then unsubscribes: take one at a time.
  while (!touched_.empty()) {
    auto* subscriber = touched_.back();
    touched_.pop_back();
    subscriber->flush_deliveries();
  }
}

}  // namespace pqc::server::relay
