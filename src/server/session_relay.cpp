// Session: append, subscribe, acknowledge.
#include <utility>

#include "server/relay/limits.h"
#include "server/session.h"

namespace pqc::server {
namespace {

// What was stored, in units; a repeat costs nothing.
std::size_t count_units(const std::vector<relay::Item>& items) {
  std::size_t units = 0;
  for (const auto& item : items)
    if (item.stored) units += (item.body.size() + message_unit - 1) / message_unit;
  return units;
}

}  // namespace

void Session::append(std::uint64_t id, v1::Append& request) {
  const auto account = owner_->account_id.value;
  if (!services_.misses.any(account) || (services_.messages && !services_.messages->any(account))) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  auto items = relay::take_items(request);
  if (!items) return fail(id, items.error());
  services_.counters.messages_in += items->size();
  std::size_t bytes = 0;
  for (const auto& item : *items) bytes += item.body.size();
  job_waits(bytes);
  // The hub hears of it even when the sender has gone meanwhile: the messages are in the mailboxes.
  const auto shared = std::make_shared<std::vector<relay::Item>>(std::move(*items));
  const auto now = services_.clock.now();
  auto run = [shared, owner = owner_, now](storage::Store& store) {
    return relay::append(store, *owner, now, *shared);
  };
  auto report = [weak = weak_from_this(), &services = services_, shared, owner = owner_, now, id,
                 bytes](const storage::Result<void>& done) {
    const auto self = weak.lock();
    if (self) self->job_done(bytes);
    if (self && self->is_open()) {
      done ? self->answer_append(id, *shared) : self->fail(id, v1::ERROR_UNAVAILABLE);
    }
    if (!done) return;
    services.misses.charge(owner->account_id.value, relay::count_misses(*shared));
    if (services.messages) services.messages->charge(owner->account_id.value, count_units(*shared));
    services.hub.committed(*owner, now, *shared);
  };
  if (services_.storage.submit(bytes, std::move(run), std::move(report))) return;
  job_done(bytes);
  fail(id, v1::ERROR_UNAVAILABLE);
}

void Session::answer_append(std::uint64_t id, const std::vector<relay::Item>& items) {
  auto& accepted = *answer(id).mutable_accepted();
  for (const auto& item : items) {
    auto& out = *accepted.add_items();
    out.set_id(item.id.data(), item.id.size());
    out.set_message_id(item.error == v1::ERROR_UNSPECIFIED ? item.message.value : 0);
    out.set_error(item.error);
  }
  send(services_.answer);
}

void Session::subscribe(std::uint64_t id, const v1::Subscribe& request) {
  if (subscription_) return fail(id, v1::ERROR_CONFLICT, "subscribed already");
  auto newest = [mailbox = owner_->mailbox](storage::Store& store) { return store.newest(mailbox); };
  store(id, 0, std::move(newest), [id, after = request.after()](Session& self, const auto& found) {
    if (!found) return self.fail(id, v1::ERROR_UNAVAILABLE);
    if (self.subscription_) return self.fail(id, v1::ERROR_CONFLICT, "subscribed already");
    self.answer(id).mutable_subscribed()->set_newest(found->value);
    self.send(self.services_.answer);
    self.subscription_ = std::make_unique<relay::Subscription>(storage::MessageId{after});
    self.services_.hub.subscribe(self.owner_->mailbox, self);
    self.read_more();
  });
}

void Session::read_more() {
  if (waits_to_read_ || try_read()) return;
  waits_to_read_ = true;
  services_.readers.push_back(weak_from_this());
}

// What is read lies in memory until its report, so it counts on its own: neither readers nor senders crowd the others
// out.
bool Session::try_read() {
  if (!subscription_ || services_.shutting_down || !is_open()) return true;
  if (services_.reads >= relay::max_reads) return false;
  const auto wanted = subscription_->next_read();
  if (!wanted) return true;
  auto read = [mailbox = owner_->mailbox, wanted = *wanted](storage::Store& store) {
    return store.read_after(mailbox, wanted.after, wanted.items, wanted.bytes);
  };
  auto report = [weak = weak_from_this(), &services = services_](auto page) {
    --services.reads;
    if (const auto self = weak.lock(); self && self->is_open()) self->take_page(std::move(page));
  };
  if (services_.storage.submit(0, std::move(read), std::move(report))) return ++services_.reads, true;
  subscription_->read_failed();
  return false;
}

void Session::serve_readers(Services& services) {
  while (!services.readers.empty()) {
    const auto session = services.readers.front().lock();
    if (session && !session->try_read()) return;
    if (session) session->waits_to_read_ = false;
    services.readers.pop_front();
  }
}

void Session::take_page(storage::Result<std::vector<storage::StoredMessage>> page) {
  if (!subscription_) return;
  if (!page) {
    subscription_->read_failed();
    return close(v1::ERROR_UNAVAILABLE, "", net::CloseCode::internal_error);
  }
  for (auto& message : *page) {
    subscription_->read_one(message.id, message.body.size());
    deliveries_.push_back({message.id, std::move(message.from_account), message.from_device, message.received_at,
                           message.client_id, std::string(as_text(message.body))});
  }
  subscription_->read_done(page->size());
  flush_deliveries();
  read_more();
}

void Session::committed(relay::Delivery& delivery) {
  if (!subscription_) return;
  if (subscription_->offer(delivery.id, delivery.body.size())) deliveries_.push_back(std::move(delivery));
  // Else the window is full, or a read is under way that will find it.
}

void Session::flush_deliveries() {
  auto deliveries = std::exchange(deliveries_, {});
  services_.counters.messages_out += deliveries.size();
  std::size_t begin = 0;
  while (begin < deliveries.size()) {
    auto& deliver = *answer(0).mutable_deliver();
    std::size_t bytes = 0;
    while (begin < deliveries.size() && bytes < relay::deliver_frame_bytes) {
      auto& delivery = deliveries[begin++];
      bytes += delivery.body.size();
      auto& out = *deliver.add_items();
      out.set_message_id(delivery.id.value);
      out.mutable_from()->set_account(std::move(delivery.from_account));
      out.mutable_from()->set_device(delivery.from_device);
      out.set_received_at(delivery.received_at.value);
      out.set_id(delivery.client_id.data(), delivery.client_id.size());
      out.set_body(std::move(delivery.body));
    }
    send(services_.answer);
  }
}

void Session::replaced() {
  subscription_.reset();
  deliveries_.clear();
  close(v1::ERROR_REPLACED, "", net::CloseCode::policy);
}

// Acknowledgements that come while one is being committed wait and become one.
void Session::acknowledge(std::uint64_t id, const v1::Acknowledge& request) {
  ++services_.counters.acknowledgements;
  auto cursor = request.cursor();
  if (subscription_) {
    cursor = std::min(cursor, subscription_->sent().value);
    subscription_->acknowledged({cursor});
    read_more();
  }
  remove_up_to_ = std::max(remove_up_to_, cursor);
  if (id != 0) acknowledgements_.push_back({id, cursor});
  if (!removing_) remove_acknowledged();
}

void Session::remove_acknowledged() {
  removing_ = true;
  const auto cursor = remove_up_to_;
  auto remove = [mailbox = owner_->mailbox, cursor](storage::Store& store) {
    return store.remove_up_to(mailbox, {cursor});
  };
  auto report = [weak = weak_from_this(), cursor](const storage::Result<void>& done) {
    if (const auto self = weak.lock(); self && self->connection_ != nullptr) self->removed(cursor, done.has_value());
  };
  if (!services_.storage.submit(0, std::move(remove), std::move(report))) removed(cursor, false);
}

void Session::removed(std::uint64_t cursor, bool done) {
  removing_ = false;
  // After a failure nothing more is under way, so nothing else would answer those that wait for more.
  std::erase_if(acknowledgements_, [&](const WaitingAcknowledgement& waiting) {
    if (done && waiting.cursor > cursor) return false;
    if (!done) {
      fail(waiting.request, v1::ERROR_UNAVAILABLE);
      return true;
    }
    answer(waiting.request).mutable_acknowledged()->set_cursor(waiting.cursor);
    send(services_.answer);
    return true;
  });
  if (done && remove_up_to_ > cursor && connection_ != nullptr) remove_acknowledged();
}

}  // namespace pqc::server
