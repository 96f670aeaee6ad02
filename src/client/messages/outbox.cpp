#include "client/messages/outbox.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "client/messages/drafts.h"
#include "client/messages/effects.h"
#include "client/messages/message_content.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::client {
namespace {

constexpr std::size_t sealed_at_once = 64;
constexpr std::chrono::milliseconds retry_delay = std::chrono::seconds(15);

}  // namespace

Result<Message> Outbox::enqueue(const Draft& draft) {
  auto addressed = address(core_, draft);
  if (!addressed) return pass(addressed);
  auto waiting = core_.store.outbox.size();
  if (!waiting) return pass(waiting);
  if (*waiting >= static_cast<std::int64_t>(limits::outbox_items))
    return fail(ExitCode::quota, "too many messages wait for the server: connect first");
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto contact = core_.store.contacts.find_or_add(addressed->peer, ContactState::accepted, core_.clock.now());
  if (!contact) return pass(contact);
  if (contact->barred) return std::unexpected(blocked_error(contact->peer));
  if (auto done = accept(*contact); !done) return pass(done);
  contact->state = ContactState::accepted;
  auto row = make_row(core_, draft, *addressed, *contact);
  if (!row) return pass(row);
  auto seq = core_.store.messages.add(*row);
  if (!seq) return pass(seq);
  if (*seq) {
    row->message.seq = **seq;
    if (auto done = apply_effects(core_.store, *row); !done) return pass(done);
    auto can = ready(*contact);
    if (!can) return pass(can);
    // In the order in which they were written: not before one that waits.
    auto earlier = core_.store.messages.first_to_seal(contact->id);
    if (!earlier) return pass(earlier);
    if (*can && *earlier == row->message.seq)
      if (auto sealed = seal(*row, *contact); !sealed) return pass(sealed);
  }
  if (auto done = core_.account.commit(*transaction); !done) return pass(done);
  auto stored = core_.store.messages.find(contact->id, Direction::outgoing, draft.id);
  if (!stored) return pass(stored);
  core_.loop.post([this] { pump(); });
  return Core::visible(**stored);
}

Status Outbox::accept(const ContactRow& contact) {
  if (contact.state == ContactState::accepted) return {};
  if (auto done = core_.store.contacts.set_state(contact.id, ContactState::accepted); !done) return done;
  return add_receipts();
}

Result<bool> Outbox::ready(const ContactRow& contact) {
  if (contact.blocked() || core_.contacts.stale(contact)) return false;
  auto record = core_.contacts.pinned(contact);
  if (!record) return pass(record);
  bool any = false;
  for (const auto& device : (*record)->record().devices) {
    if (device.state != identity::DeviceState::active || directory_.left_out(contact.id, device.id)) continue;
    auto can = encryptor_.can_seal(contact, device.id);
    if (!can || !*can) return can;
    any = true;
  }
  if (!any) return false;
  return own_devices_ready();
}

// Those that can be reached: what is sent goes to them too.
Result<bool> Outbox::own_devices_ready() {
  if (core_.account.other_devices().empty()) return true;
  auto self = core_.contacts.self();
  if (!self) return pass(self);
  auto older = core_.contacts.withheld(*self);
  if (!older || *older) return older.transform([](bool) { return false; });
  for (const auto device : core_.account.other_devices()) {
    if (directory_.left_out(self->id, device)) continue;
    auto can = encryptor_.can_seal(*self, device);
    if (!can || !*can) return can;
  }
  return true;
}

Status Outbox::add_copies(const ContactRow& contact, const Content& sent) {
  if (core_.account.other_devices().empty()) return {};
  auto self = core_.contacts.self();
  if (!self) return pass(self);
  const Content copy{.id = core_.rng.bytes<16>(),
                     .sent_at = sent.sent_at,
                     .body = SentCopyContent{.peer = contact.peer, .content = encode_plain_content(sent)}};
  for (const auto device : core_.account.other_devices()) {
    auto can = encryptor_.can_seal(*self, device);
    if (!can) return pass(can);
    if (!*can) continue;
    if (auto done = add_control(*self, core_.account.record(), device, copy); !done) return done;
  }
  return {};
}

void Outbox::tell_devices_changed() {
  auto rows = core_.store.contacts.all();
  if (!rows) return log(LogLevel::error, "outbox.devices_not_told", {{"why", rows.error().message}});
  for (const auto& contact : *rows) {
    if (contact.state != ContactState::accepted || contact.barred || contact.blocked() || contact.record.empty())
      continue;
    if (auto told = tell_devices_changed(contact); !told)
      log(LogLevel::error, "outbox.devices_not_told", {{"why", told.error().message}});
  }
  send_ready();
}

Status Outbox::tell_devices_changed(const ContactRow& contact) {
  auto record = core_.contacts.pinned(contact);
  if (!record) return pass(record);
  const Content content{.id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = DevicesChangedContent{}};
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  for (const auto& device : (*record)->record().devices) {
    const bool here = core_.contacts.is_self(contact) && device.id.value == core_.account.row().device;
    if (device.state != identity::DeviceState::active || here) continue;
    auto can = encryptor_.can_seal(contact, device.id);
    if (!can) return pass(can);
    if (!*can) continue;
    if (auto done = add_control(contact, **record, device.id, content); !done) return done;
  }
  return core_.account.commit(*transaction);
}

OutboxRow Outbox::row_for(std::int64_t contact, std::uint32_t device, Bytes body, std::optional<std::int64_t> message) {
  return {.seq = 0,
          .id = core_.rng.bytes<16>(),
          .contact = contact,
          .peer = {},
          .device = device,
          .body = std::move(body),
          .message = message};
}

Status Outbox::seal(const MessageRow& row, const ContactRow& contact) {
  auto record = core_.contacts.pinned(contact);
  if (!record) return pass(record);
  auto content = content_of(row);
  content.direct = goes_direct(contact);
  auto padded = encode_content(content);
  content.direct = false;  // said to nobody else
  std::uint16_t suite = 0;
  for (const auto& device : (*record)->record().devices) {
    if (device.state != identity::DeviceState::active || directory_.left_out(contact.id, device.id)) continue;
    auto sealed = encryptor_.seal(contact, **record, device.id, padded);
    if (!sealed) return pass(sealed);
    suite = sealed->suite;
    auto& outbox = core_.store.outbox;
    if (auto done = outbox.add(row_for(contact.id, device.id.value, std::move(sealed->envelope), row.message.seq),
                               core_.clock.now());
        !done)
      return done;
    if (auto done = outbox.expect_receipt(sealed->tag, row.message.seq, contact.id, device.id.value); !done)
      return done;
  }
  wipe(padded);
  if (auto done = add_copies(contact, content); !done) return done;
  return core_.store.messages.set_sealed(row.message.seq, suite);
}

Status Outbox::add_control(const ContactRow& contact, const identity::VerifiedRecord& record, identity::DeviceId device,
                           const Content& content) {
  auto sealed = encryptor_.seal(contact, record, device, encode_content(content));
  if (!sealed) return pass(sealed);
  return core_.store.outbox.add(row_for(contact.id, device.value, std::move(sealed->envelope), std::nullopt),
                                core_.clock.now());
}

Status Outbox::add_own(identity::DeviceId device, const Content& content) {
  auto self = core_.contacts.self();
  if (!self) return pass(self);
  return add_control(*self, core_.account.record(), device, content);
}

Result<bool> Outbox::add_to_all_devices(const ContactRow& contact, const Content& content) {
  auto can = ready(contact);
  if (!can || !*can) return can;
  auto record = core_.contacts.pinned(contact);
  if (!record) return pass(record);
  for (const auto& device : (*record)->record().devices) {
    if (device.state != identity::DeviceState::active || directory_.left_out(contact.id, device.id)) continue;
    if (auto done = add_control(contact, **record, device.id, content); !done) return pass(done);
  }
  return true;
}

// Tells contacts which of their messages were read. Where no session is there it waits.
Status Outbox::add_reads() {
  auto rows = core_.store.messages.owed_reads(limits::read_ids);
  if (!rows) return pass(rows);
  if (rows->empty()) return {};
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  std::span<const MessageRow> left(*rows);
  while (!left.empty()) {
    const auto end = std::ranges::find_if(left, [&](const auto& row) { return row.contact != left.front().contact; });
    const auto group = left.first(static_cast<std::size_t>(end - left.begin()));
    left = left.subspan(group.size());
    auto contact = core_.store.contacts.find(group.front().contact);
    if (!contact) return pass(contact);
    if (auto done = add_reads_to(**contact, group); !done) return done;
  }
  return core_.account.commit(*transaction);
}

Status Outbox::add_reads_to(const ContactRow& contact, std::span<const MessageRow> rows) {
  if (contact.state != ContactState::accepted || contact.barred)
    return core_.store.messages.remove_owed_reads(contact.id);
  ReadContent read;
  for (const auto& row : rows) read.ids.push_back(row.message.id);
  auto added = add_to_all_devices(contact, {.id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = read});
  if (!added) return pass(added);
  if (!*added) return {};
  for (const auto& row : rows)
    if (auto done = core_.store.messages.remove_owed_read(row.message.seq); !done) return done;
  return {};
}

Status Outbox::give_up(std::int64_t contact, const Error& why) {
  if (auto done = core_.store.outbox.drop_messages_to(contact); !done) return done;
  fail_unsealed(contact, why);
  return {};
}

Status Outbox::add_receipts() {
  for (;;) {
    auto owed = core_.store.outbox.owed(pqxdh::max_acknowledgements);
    if (!owed) return pass(owed);
    if (owed->empty()) return {};
    const auto& first = owed->front();
    std::vector<pqxdh::AcknowledgementTag> tags;
    for (const auto& receipt : *owed) {
      if (receipt.contact != first.contact || receipt.device != first.device) break;
      tags.push_back(receipt.tag);
      if (auto done = core_.store.outbox.remove_owed(receipt.seq); !done) return done;
    }
    auto row = row_for(first.contact, first.device, pqxdh::encode_acknowledgement_envelope(tags), std::nullopt);
    if (auto done = core_.store.outbox.add(row, core_.clock.now()); !done) return done;
  }
}

void Outbox::pump() {
  std::vector<std::int64_t> to_prepare;
  if (auto sealed = seal_ready(to_prepare); !sealed) {
    log(LogLevel::error, "outbox.seal_failed", {{"why", sealed.error().message}});
    retry_later();
  }
  if (auto added = add_reads(); !added) log(LogLevel::error, "outbox.reads_failed", {{"why", added.error().message}});
  if (core_.online())
    for (const auto contact : to_prepare) prepare(contact);
  send_ready();
}

Status Outbox::seal_ready(std::vector<std::int64_t>& to_prepare) {
  auto rows = core_.store.messages.to_seal(sealed_at_once);
  if (!rows) return pass(rows);
  if (rows->empty()) return {};
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  bool sealed_any = false;
  for (const auto& row : *rows) {
    auto contact = core_.store.contacts.find(row.contact);
    if (!contact) return pass(contact);
    if ((*contact)->barred) continue;
    auto can = ready(**contact);
    if (!can) return pass(can);
    if (!*can) {
      if (!std::ranges::contains(to_prepare, row.contact)) to_prepare.push_back(row.contact);
      continue;
    }
    if (auto done = seal(row, **contact); !done) return done;
    sealed_any = true;
  }
  if (auto done = core_.account.commit(*transaction); !done) return done;
  if (sealed_any && rows->size() == sealed_at_once) core_.loop.post([this] { pump(); });
  return {};
}

void Outbox::prepare(std::int64_t contact) {
  if (!preparing_.insert(contact).second) return;
  directory_.prepare(contact, [this, contact](const Status& status) {
    preparing_.erase(contact);
    if (status) return pump();
    if (!transient(status.error().code)) return fail_unsealed(contact, status.error());
    retry_later();
    const auto rows = core_.store.messages.to_seal(limits::outbox_items);
    if (!rows || !transport_.ready()) return;
    for (const auto& row : *rows)
      if (row.contact == contact) held_back(row.message.seq, status.error());
  });
}

void Outbox::fail_unsealed(std::int64_t contact, const Error& error) {
  const auto rows = core_.store.messages.to_seal(limits::outbox_items);
  if (!rows) return retry_later();
  for (const auto& row : *rows) {
    if (row.contact != contact) continue;
    if (core_.store.messages.set_failed(row.message.seq, error)) core_.emit_message(row.message.seq);
  }
}

void Outbox::send_ready() {
  if (rewind_ && in_flight_ > 0) return;
  if (std::exchange(rewind_, false)) last_sent_ = 0;
  while (transport_.ready() && in_flight_ < limits::appends_in_flight) {
    auto rows = core_.store.outbox.next(last_sent_, transport_.batch());
    if (!rows || rows->empty()) return;
    last_sent_ = rows->back().seq;
    std::vector<OutboxRow> together;
    std::vector<Parcel> parcels;
    for (auto& row : *rows) {
      if (apart_.contains(row.seq)) continue;
      Parcel parcel{.id = row.id, .account = row.peer, .device = row.device, .body = std::move(row.body)};
      if (transport_.apart(parcel)) {
        carry_apart(std::move(row), std::move(parcel));
      } else {
        together.push_back(std::move(row));
        parcels.push_back(std::move(parcel));
      }
    }
    if (!parcels.empty()) carry_together(std::move(together), std::move(parcels));
  }
}

void Outbox::carry_together(std::vector<OutboxRow> rows, std::vector<Parcel> parcels) {
  ++in_flight_;
  transport_.carry(std::move(parcels), [this, sent = std::move(rows)](Result<std::vector<ParcelOutcome>> outcomes) {
    --in_flight_;
    on_answer(sent, std::move(outcomes));
  });
}

// Outcomes that come at once are stored together.
void Outbox::carry_apart(OutboxRow row, Parcel parcel) {
  apart_.insert(row.seq);
  transport_.carry(
      {std::move(parcel)}, [this, sent = std::move(row)](const Result<std::vector<ParcelOutcome>>& outcomes) {
        answered_.push_back(sent);
        answers_.push_back(outcomes ? outcomes->front() : ParcelOutcome{Carriage::later, outcomes.error()});
        if (answered_.size() == 1) core_.loop.post([this] { settle_apart(); });
      });
}

void Outbox::settle_apart() {
  const auto rows = std::exchange(answered_, {});
  for (const auto& row : rows) apart_.erase(row.seq);
  on_answer(rows, std::exchange(answers_, {}));
}

void Outbox::on_answer(const std::vector<OutboxRow>& rows, Result<std::vector<ParcelOutcome>> outcomes) {
  if (!outcomes) {
    log(LogLevel::info, "outbox.not_accepted", {{"why", outcomes.error().message}});
    retry_later();
    for (const auto& row : rows)
      if (row.message && transport_.ready()) held_back(*row.message, outcomes.error());
    return send_ready();
  }
  auto changed = settle(rows, *outcomes);
  if (!changed) {
    log(LogLevel::error, "outbox.settle_failed", {{"why", changed.error().message}});
    retry_later();
    return send_ready();
  }
  for (const auto seq : *changed) core_.emit_message(seq);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].message && (*outcomes)[i].carriage == Carriage::later)
      held_back(*rows[i].message, (*outcomes)[i].error);
  if (held_back_) retry_later();
  send_ready();
}

Result<std::vector<std::int64_t>> Outbox::settle(const std::vector<OutboxRow>& rows,
                                                 const std::vector<ParcelOutcome>& outcomes) {
  std::vector<std::int64_t> changed;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (outcomes[i].carriage == Carriage::later) {
      held_back_ = true;
      continue;
    }
    if (auto done = settle_one(rows[i], outcomes[i]); !done) return pass(done);
    if (rows[i].message) changed.push_back(*rows[i].message);
  }
  if (auto done = transaction->commit(); !done) return pass(done);
  return changed;
}

Result<bool> Outbox::has_other_devices(const OutboxRow& row) {
  auto contact = core_.store.contacts.find(row.contact);
  if (!contact) return pass(contact);
  if (!*contact) return false;
  auto record = core_.contacts.pinned(**contact);
  if (!record) return pass(record);
  if (!*record) return false;
  return std::ranges::any_of((*record)->record().devices, [&](const identity::DeviceEntry& device) {
    return device.state == identity::DeviceState::active && device.id.value != row.device;
  });
}

Status Outbox::settle_one(const OutboxRow& row, const ParcelOutcome& outcome) {
  auto removed = core_.store.outbox.remove(row.seq);
  if (!removed) return pass(removed);
  // Dropped while it was on its way (the peer began anew): its message goes again, and is not what was answered.
  if (!*removed || !row.message) return {};
  if (outcome.carriage == Carriage::gone) {
    // Revoked, and we were not told: it is expected to confirm nothing, and the record is asked for.
    if (auto done = core_.store.contacts.set_record_age(row.contact, {}); !done) return done;
    if (auto done = core_.store.outbox.drop_expected_of(*row.message, row.device); !done) return done;
    auto others = has_other_devices(row);
    if (!others) return pass(others);
    if (!*others) return core_.store.messages.set_failed(*row.message, outcome.error);
  }
  if (outcome.carriage == Carriage::refused) return core_.store.messages.set_failed(*row.message, outcome.error);
  auto more = core_.store.outbox.holds(*row.message);
  if (!more) return pass(more);
  if (*more) return {};
  return core_.store.messages.set_sent(*row.message, core_.clock.now());
}

// The time runs from the first failure: further ones do not put it off.
void Outbox::retry_later() {
  if (retry_) return;
  retry_ = core_.loop.after(retry_delay, [this] {
    retry_.reset();
    held_back_ = false;
    rewind_ = true;
    pump();
  });
}

void Outbox::on_offline() {
  // Every question was answered with an error before, so nothing is in flight; what went apart is answered so as well.
  last_sent_ = 0;
  held_back_ = false;
  rewind_ = false;
  retry_.reset();
}

bool Outbox::idle() const {
  if (in_flight_ > 0 || !apart_.empty() || !preparing_.empty()) return false;
  const auto sealed = core_.store.outbox.next(last_sent_, 1);
  const auto unsealed = core_.store.messages.to_seal(1);
  return sealed && sealed->empty() && unsealed && unsealed->empty();
}

}  // namespace pqc::client
