#include "client/messages/sync.h"

#include <algorithm>
#include <ranges>

#include "base/log.h"
#include "client/limits.h"
#include "client/messages/effects.h"
#include "client/messages/message_content.h"
#include "client/people/record_answer.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

constexpr std::chrono::milliseconds retry_delay = std::chrono::seconds(5);

}  // namespace

void Sync::subscribe() {
  const auto cursor = core_.store.account.number(setting::inbox_cursor);
  if (!cursor) {
    failure_ = cursor.error();
    return;
  }
  cursor_ = cursor->value_or(0);
  v1::ClientFrame frame;
  frame.mutable_subscribe()->set_after(static_cast<std::uint64_t>(cursor_));
  core_.relay->ask(std::move(frame), [this](Result<const v1::ServerFrame*> answer) {
    if (!answer) {
      failure_ = answer.error();
      return;
    }
    subscribed_ = true;
    newest_ = static_cast<std::int64_t>((*answer)->subscribed().newest());
  });
}

void Sync::deliver(const v1::Deliver& deliver) {
  for (const auto& item : deliver.items()) {
    // The server keeps what is not taken here, and delivers it again on the next connection.
    full_ = full_ || !room_.take(item.body().size());
    if (full_) {
      log(LogLevel::warning, "inbox.too_many_deliveries");
      break;
    }
    queue_.push_back({.message_id = static_cast<std::int64_t>(item.message_id()),
                      .account = item.from().account(),
                      .device = {item.from().device()},
                      .id = to_bytes(as_bytes(item.id())),
                      .body = to_bytes(as_bytes(item.body())),
                      .received_at = {item.received_at()},
                      .one_too_many = calls_.serves() && !strangers_.deliveries.take(item.from().account())});
  }
  process();
}

void Sync::leave_room(const Delivery& delivery) {
  if (delivery.direct)
    room_.give_back_direct({delivery.account, delivery.device.value}, delivery.body.size());
  else
    room_.give_back(delivery.body.size());
}

bool Sync::deliver_direct(const std::string& account, identity::DeviceId device, DirectParcel parcel) {
  if (!room_.take_direct({account, device.value}, parcel.envelope.size())) return false;
  queue_.push_back({.account = account,
                    .device = device,
                    .id = to_bytes(parcel.id),
                    .body = std::move(parcel.envelope),
                    .received_at = core_.clock.now() + core_.relay->clock_offset(),
                    .direct = true});
  core_.loop.post([this] { process(); });
  return true;
}

void Sync::on_offline() {
  // The server delivers again what was not acknowledged.
  queue_.clear();
  room_.clear();
  full_ = false;
  waiting_ = false;
  subscribed_ = false;
  retry_.reset();
}

bool Sync::caught_up() const {
  return subscribed_ && room_.mailbox_empty() && !waiting_ && cursor_ >= newest_;
}

void Sync::process() {
  if (waiting_ || queue_.empty()) return;
  auto transaction = core_.store.begin();
  if (!transaction) return retry_later();
  std::size_t handled = 0;
  std::int64_t cursor = cursor_;
  auto next = Next::done;
  while (handled < queue_.size() && handled < limits::deliveries_a_commit) {
    next = handle(queue_[handled]);
    if (next == Next::give_back) {
      queue_[handled].given_back = true;
      next = Next::done;
    }
    if (next != Next::done) break;
    cursor = std::max(cursor, queue_[handled].message_id);
    ++handled;
  }
  if (next == Next::store_failed) {
    core_.account.roll_back(*transaction);
    return retry_later();
  }
  if (auto done = finish(*transaction, cursor); !done) {
    failure_ = done.error();
    return retry_later();
  }
  note_handled(handled);
  for (std::size_t i = 0; i < handled; ++i) leave_room(queue_[i]);
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(handled));
  committed(cursor);
  if (next == Next::wait_for_record) return fetch_record();
  if (next == Next::wait_for_keys) return wait_for_keys();
  if (!queue_.empty()) core_.loop.post([this] { process(); });
}

void Sync::note_handled(std::size_t count) {
  for (const auto& delivery : queue_ | std::views::take(count))
    if (delivery.direct && !delivery.given_back) direct_.handled(delivery.account, delivery.device, delivery.id);
}

// Its path is of no use for more of that kind.
void Sync::not_fit(const Delivery& delivery) {
  if (delivery.direct) direct_.unfit(delivery.account, delivery.device);
}

Status Sync::finish(Transaction& transaction, std::int64_t cursor) {
  auto done = core_.store.account.set_number(setting::inbox_cursor, cursor);
  if (done) done = outbox_.add_receipts();
  if (done) return core_.account.commit(transaction);
  core_.account.roll_back(transaction);
  return done;
}

void Sync::committed(std::int64_t cursor) {
  if (cursor > cursor_) {
    cursor_ = cursor;
    v1::ClientFrame frame;
    frame.mutable_acknowledge()->set_cursor(static_cast<std::uint64_t>(cursor));
    core_.relay->tell(std::move(frame));
  }
  failure_.reset();
  for (const auto seq : std::exchange(changed_, {})) core_.emit_message(seq);
  core_.emit_notices();
  for (const auto& [contact, device] : std::exchange(to_restart_, {})) restart(contact, {device}, [](const Status&) {});
  for (const auto contact : std::exchange(to_refresh_, {})) directory_.fetch_record(contact, [](const Status&) {});
  calls_.committed();
  const auto direct = direct_.take();
  if (direct_committed) direct_committed(direct);
  outbox_.pump();
}

void Sync::retry_later() {
  calls_.rolled_back();
  changed_.clear();
  to_restart_.clear();
  to_refresh_.clear();
  direct_.forget();
  log(LogLevel::error, "inbox.store_failed", {{"why", failure_ ? failure_->message : "the profile cannot be written"}});
  pause();
}

// It stays at the server, and what came behind it too.
void Sync::wait_for_keys() {
  failure_ =
      Error{ExitCode::locked,
            "a message came that needs the keys, which were locked meanwhile: run pqc-chat unlock; nothing is lost"};
  log(LogLevel::warning, "inbox.keys_locked");
  pause();
}

void Sync::pause() {
  waiting_ = true;
  retry_ = core_.loop.after(retry_delay, [this] {
    waiting_ = false;
    process();
  });
}

Sync::Next Sync::handle(const Delivery& delivery) {
  if (!delivery.direct && delivery.message_id <= cursor_) return Next::done;
  const auto name = identity::AccountName::parse(delivery.account);
  if (!name || !delivery.device.valid() || delivery.id.size() != 16) {
    log(LogLevel::warning, "message.refused", {{"why", "the server names no sender"}});
    return Next::done;
  }
  // Nobody writes to itself.
  if (*name == core_.account.name() && delivery.device.value == core_.account.row().device) return Next::done;
  auto contact = core_.store.contacts.find_or_add(name->text(), ContactState::stranger, core_.clock.now());
  if (!contact) return Next::store_failed;
  // Whom the user blocked is not answered, and not even read.
  if (contact->barred) return Next::done;
  // Before it costs anything. Nothing tells that it was here.
  if (delivery.one_too_many && limits_stranger(*contact)) return Next::done;
  auto seen = core_.store.outbox.seen(contact->id, delivery.id);
  if (!seen) return Next::store_failed;
  if (*seen) return Next::done;
  return handle_from(delivery, *contact);
}

Sync::Next Sync::handle_from(const Delivery& delivery, const ContactRow& contact) {
  const auto envelope = pqxdh::decode_envelope(delivery.body);
  if (!envelope) {
    log(LogLevel::warning, "message.refused", {{"peer", contact.peer}, {"why", pqxdh::name_of(envelope.error())}});
    return Next::done;
  }
  if (const auto* tags = std::get_if<pqxdh::AcknowledgementEnvelope>(&*envelope))
    return receipts(contact, delivery, *tags);
  const bool own = core_.contacts.is_self(contact);
  auto current = own ? core_.contacts.self() : Result<ContactRow>(contact);
  if (!current) return Next::store_failed;
  auto record = core_.contacts.pinned(*current);
  if (!record) return Next::store_failed;
  auto message = core_.sessions.open(contact, record->get(), delivery.device, *envelope);
  return message ? opened(contact, delivery, *message) : not_opened(contact, delivery, message.error());
}

Sync::Next Sync::not_opened(const ContactRow& contact, const Delivery& delivery, OpenError why) {
  switch (why) {
    case OpenError::keys:
      return Next::wait_for_keys;
    case OpenError::store:
      return Next::store_failed;
    case OpenError::need_record:
      // Nobody is asked for what a contact sends directly: it may come through the server.
      if (delivery.direct) {
        not_fit(delivery);
        return Next::give_back;
      }
      return delivery.record_fetched || !may_look_up(contact) ? refused(contact, delivery) : Next::wait_for_record;
    case OpenError::unreadable:
      return unreadable(contact, delivery);
    case OpenError::refused:
      not_fit(delivery);
      return drop(contact, delivery);
    case OpenError::duplicate:
      return drop(contact, delivery);
  }
  return Next::done;
}

// Noted, as what a path waits for may be it (docs/spec/direct.md §4).
Sync::Next Sync::drop(const ContactRow& contact, const Delivery& delivery) {
  return core_.store.outbox.set_seen(contact.id, delivery.id, core_.clock.now()) ? Next::done : Next::store_failed;
}

Sync::Next Sync::receipts(const ContactRow& contact, const Delivery& delivery,
                          const pqxdh::AcknowledgementEnvelope& envelope) {
  auto& outbox = core_.store.outbox;
  for (const auto& tag : envelope.tags) {
    auto message = outbox.take_expected(tag, contact.id, delivery.device.value);
    if (!message) return Next::store_failed;
    if (!*message) continue;
    auto more = outbox.expects_more(**message);
    if (!more) return Next::store_failed;
    if (*more) continue;
    if (!core_.store.messages.set_delivered(**message, core_.clock.now())) return Next::store_failed;
    changed_.push_back(**message);
  }
  return Next::done;
}

Sync::Next Sync::opened(const ContactRow& contact, const Delivery& delivery, const OpenedMessage& message) {
  if (!core_.store.outbox.set_seen(contact.id, delivery.id, core_.clock.now())) return Next::store_failed;
  if (!check_versions(contact, delivery.device, message)) return Next::store_failed;
  auto content = decode_content(message.padded.view());
  if (!content) {
    log(LogLevel::warning, "message.refused", {{"peer", contact.peer}, {"why", "content"}});
    return Next::done;
  }
  if (core_.contacts.is_self(contact)) return opened_own(delivery, message, *content);
  if (calls_.serves() && !std::holds_alternative<CallContent>(content->body)) return Next::done;
  if (direct_committed) direct_.content(contact, delivery.device, !delivery.direct, *content);
  if (std::holds_alternative<DevicesChangedContent>(content->body) || DirectNotes::concerns(*content))
    return Next::done;
  const bool restarted = std::holds_alternative<SessionRestartedContent>(content->body);
  if ((restarted || message.restarted) &&
      !core_.contacts.announce(NoticeKind::session_restarted, contact.peer,
                               contact.peer + " began a new session: their device had lost the old one"))
    return Next::store_failed;
  // The peer could not read what we sent lately.
  if (restarted) {
    calls_.began_anew({.contact = contact.id, .device = delivery.device.value});
    return restarts_.repeat_unconfirmed(contact.id, delivery.device) ? Next::done : Next::store_failed;
  }
  if (const auto* read = std::get_if<ReadContent>(&content->body)) return messages_read(contact, *read);
  if (const auto* call = std::get_if<CallContent>(&content->body))
    return calls_.take(contact, delivery.device.value, *call, delivery.received_at) ? Next::done : Next::store_failed;
  if (const auto* typing = std::get_if<TypingContent>(&content->body)) {
    tell_typing(contact, content->sent_at, typing->active);
    return Next::done;
  }
  return store_message(contact, delivery, message, *content);
}

// From another device of this account.
Sync::Next Sync::opened_own(const Delivery& delivery, const OpenedMessage& message, const Content& content) {
  if (const auto* copy = std::get_if<SentCopyContent>(&content.body)) return store_copy(delivery, message.suite, *copy);
  Status done;
  if (const auto* request = std::get_if<HistoryRequestContent>(&content.body))
    done = history_.answer(delivery.device, *request);
  if (const auto* piece = std::get_if<HistoryContent>(&content.body)) done = history_.take(delivery.device, *piece);
  if (done) return Next::done;
  log(LogLevel::error, "history.failed", {{"why", done.error().message}});
  return Next::store_failed;
}

// As if it had been sent here, but for its confirmations: they go to the device that sent it.
Sync::Next Sync::store_copy(const Delivery& delivery, std::uint16_t suite, const SentCopyContent& copy) {
  const auto name = identity::AccountName::parse(copy.peer);
  const auto content = decode_plain_content(copy.content);
  if (!name || *name == core_.account.name() || !content) return Next::done;
  auto contact = core_.store.contacts.find_or_add(name->text(), ContactState::accepted, core_.clock.now());
  if (!contact || !outbox_.accept(*contact)) return Next::store_failed;
  MessageRow row;
  row.contact = contact->id;
  row.suite_number = suite;
  row.message.direction = Direction::outgoing;
  row.message.device = delivery.device.value;
  row.message.stored_at = core_.clock.now();
  row.message.verified = contact->verified;
  row.message.status = MessageStatus::queued;
  if (!fill_row(*content, row)) return Next::done;
  auto removed = core_.store.erasure.was_removed(contact->id, row.message.id);
  if (!removed) return Next::store_failed;
  if (*removed) return Next::done;
  auto seq = core_.store.messages.add(row);
  if (!seq) return Next::store_failed;
  if (!*seq) return Next::done;
  if (!core_.store.messages.set_sent(**seq, core_.clock.now())) return Next::store_failed;
  if (!apply_effects(core_.store, row)) return Next::store_failed;
  changed_.push_back(**seq);
  return Next::done;
}

Sync::Next Sync::store_message(const ContactRow& contact, const Delivery& delivery, const OpenedMessage& message,
                               const Content& content) {
  MessageRow row;
  row.contact = contact.id;
  row.suite_number = message.suite;
  row.message.direction = Direction::incoming;
  row.message.device = delivery.device.value;
  row.message.stored_at = core_.clock.now();
  row.message.verified = contact.verified;
  row.message.status = MessageStatus::received;
  if (!fill_row(content, row)) return Next::done;
  auto may = may_store(contact, row);
  if (!may) return Next::store_failed;
  if (*may) {
    auto seq = core_.store.messages.add(row);
    if (!seq) return Next::store_failed;
    if (*seq && !apply_effects(core_.store, row)) return Next::store_failed;
    if (*seq) changed_.push_back(**seq);
  }
  if (!core_.store.outbox.owe_receipt(contact.id, delivery.device.value, message.tag)) return Next::store_failed;
  return Next::done;
}

// Not what was erased here before, not under the id of a message of ours, no timer from far ahead, not one change too
// many.
Result<bool> Sync::may_store(const ContactRow& contact, const MessageRow& row) {
  auto removed = core_.store.erasure.was_removed(contact.id, row.message.id);
  if (!removed) return pass(removed);
  auto ours = core_.store.messages.find(contact.id, Direction::outgoing, row.message.id);
  if (!ours) return pass(ours);
  // As it stands by now: an earlier delivery of this commit may have changed it.
  auto current = core_.store.contacts.find(contact.id);
  if (!current) return pass(current);
  const bool jumps = row.message.kind == MessageKind::timer && *current &&
                     row.message.revision > std::uint64_t{(*current)->timer_revision} + limits::timer_jump;
  auto change = may_add_change(core_.store, row);
  if (!change) return pass(change);
  return !*removed && !*ours && !jumps && *change;
}

Sync::Next Sync::messages_read(const ContactRow& contact, const ReadContent& read) {
  for (const auto& id : read.ids) {
    if (!core_.store.messages.set_read(contact.id, id, core_.clock.now())) return Next::store_failed;
    auto row = core_.store.messages.find(contact.id, Direction::outgoing, id);
    if (!row) return Next::store_failed;
    if (*row) changed_.push_back((*row)->message.seq);
  }
  return Next::done;
}

// By the sender's clock, so one that is wrong is not shown: better than one who seems to write for hours.
void Sync::tell_typing(const ContactRow& contact, UnixMillis sent_at, bool active) {
  const auto age = core_.clock.now() - sent_at;
  if (contact.state != ContactState::accepted || age > limits::typing_lifetime || age < -limits::typing_lifetime)
    return;
  core_.emit(TypingState{.peer = contact.peer, .active = active});
}

// Signed by nobody whom the pinned record names. What that may mean was announced with the record.
Sync::Next Sync::refused(const ContactRow& contact, const Delivery& delivery) {
  log(LogLevel::warning, "message.refused", {{"peer", contact.peer}, {"why", "sender's keys"}});
  core_.account.report_refused(contact.peer, "sender's keys");
  return core_.store.outbox.set_seen(contact.id, delivery.id, core_.clock.now()) ? Next::done : Next::store_failed;
}

Sync::Next Sync::unreadable(const ContactRow& contact, const Delivery& delivery) {
  // A caller whom a service has forgotten, whose keys are not here any more either.
  const bool unknown = calls_.serves() && contact.record.empty();
  if (unknown && !delivery.record_fetched && may_look_up(contact)) return Next::wait_for_record;
  log(LogLevel::warning, "message.unreadable", {{"peer", contact.peer}});
  not_fit(delivery);
  if (!core_.store.outbox.set_seen(contact.id, delivery.id, core_.clock.now())) return Next::store_failed;
  if (!calls_.serves() &&
      !core_.contacts.announce(
          NoticeKind::message_unreadable, contact.peer,
          "a message from " + contact.peer +
              " could not be read; if they are a contact, a new session is begun and they send it again"))
    return Next::store_failed;
  // Strangers learn nothing, not even that we are here (THREATS 16), but from a service, which says so to everybody.
  if ((contact.state == ContactState::accepted || calls_.serves()) && !contact.blocked() && !unknown)
    to_restart_.emplace(contact.id, delivery.device.value);
  return Next::done;
}

bool Sync::limits_stranger(const ContactRow& contact) const {
  return calls_.serves() && contact.state == ContactState::stranger && !core_.contacts.is_self(contact);
}

bool Sync::may_look_up(const ContactRow& contact) {
  return !limits_stranger(contact) || strangers_.lookups.would_take(contact.peer);
}

// What a stranger says of records must not make a service ask the server as often as it likes.
void Sync::refresh(const ContactRow& contact, const ContactRow& because_of) {
  if (!limits_stranger(because_of) || strangers_.lookups.take(because_of.peer)) to_refresh_.insert(contact.id);
}

Status Sync::check_versions(const ContactRow& contact, identity::DeviceId device, const OpenedMessage& message) {
  // A record of ours that is newer than the one here: the primary device made it, or nobody of us did. The server is
  // asked, and what does not follow ours is announced (Contacts::take_record).
  if (message.our_record > core_.account.record().version().value) {
    if (const auto self = core_.contacts.self()) refresh(*self, contact);
    const auto primary = core_.account.primary();
    if (primary && *primary)
      (void)core_.contacts.announce(NoticeKind::record_rolled_back, contact.peer,
                                    contact.peer +
                                        " was shown a record of your account that this device did not make: the "
                                        "server, or another device with your keys, made it");
  }
  const auto record = core_.contacts.pinned(contact);
  if (!record || !*record || message.sender_record <= (*record)->version().value) return {};
  // The primary device knows the newest record of its own account, whatever others say of it.
  if (core_.contacts.is_self(contact))
    if (const auto primary = core_.account.primary(); !primary || *primary) return {};
  refresh(contact, contact);
  return core_.contacts.note_record(contact, device, message.sender_record);
}

void Sync::fetch_record() {
  if (queue_.empty()) return;
  auto contact = core_.store.contacts.find_or_add(queue_.front().account, ContactState::stranger, core_.clock.now());
  if (!contact) return retry_later();
  waiting_ = true;
  const bool limited = limits_stranger(*contact);
  if (limited) (void)strangers_.lookups.take(contact->peer);
  directory_.fetch_record(contact->id, [this, limited, peer = contact->peer](const Status& status) {
    waiting_ = false;
    const bool answered = status || is_about_account(status.error().code);
    // Where strangers have used up what may be asked, one more does without, and holds nobody up.
    const bool too_many = limited && !answered && status.error().code == ExitCode::quota;
    if (limited && !answered && !too_many) strangers_.lookups.forget(peer);
    if (queue_.empty()) return;
    // Without an answer it stays in the mailbox; it is asked for again, here or on the next connection.
    if (!answered && !too_many) return pause();
    queue_.front().record_fetched = true;
    process();
  });
}

}  // namespace pqc::client
