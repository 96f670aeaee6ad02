#include "client/outbox.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::client {
namespace {

constexpr std::size_t sealed_at_once = 64;
constexpr std::chrono::milliseconds retry_delay = std::chrono::seconds(15);

}  // namespace

Result<Message> Outbox::enqueue(std::string_view peer, std::string_view text, const MessageId& id) {
  if (auto checked = check_text(text); !checked) return pass(checked);
  auto name = core_.contacts.parse(peer);
  if (!name) return pass(name);
  if (*name == core_.account.name())
    return fail(ExitCode::invalid_name, "this is your own name: messages go to others");
  auto waiting = core_.store.outbox.size();
  if (!waiting) return pass(waiting);
  if (*waiting >= static_cast<std::int64_t>(limits::outbox_items))
    return fail(ExitCode::quota, "too many messages wait for the server: connect first");
  const auto now = core_.clock.now();
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto contact = core_.store.contacts.find_or_add(name->text(), ContactState::accepted, now);
  if (!contact) return pass(contact);
  if (auto done = accept(*contact); !done) return pass(done);
  MessageRow row;
  row.contact = contact->id;
  row.message = {.id = id,
                 .peer = contact->peer,
                 .direction = Direction::outgoing,
                 .device = core_.account.row().device,
                 .sent_at = now,
                 .stored_at = now,
                 .text = std::string(text),
                 .suite = {},
                 .verified = contact->verified,
                 .status = MessageStatus::queued,
                 .failure = {}};
  auto seq = core_.store.messages.add(row);
  if (!seq) return pass(seq);
  if (*seq) {
    row.message.seq = **seq;
    auto can = ready(*contact);
    if (!can) return pass(can);
    // In the order in which they were written: not before one that waits.
    auto earlier = core_.store.messages.first_to_seal(contact->id);
    if (!earlier) return pass(earlier);
    if (*can && *earlier == row.message.seq)
      if (auto sealed = seal(row, *contact); !sealed) return pass(sealed);
  }
  if (auto done = core_.account.commit(*transaction); !done) return pass(done);
  auto stored = core_.store.messages.find(contact->id, Direction::outgoing, id);
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
    if (device.state != identity::DeviceState::active) continue;
    auto can = encryptor_.can_seal(contact, device.id);
    if (!can || !*can) return can;
    any = true;
  }
  return any;
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
  auto padded =
      encode_content({.id = row.message.id, .sent_at = row.message.sent_at, .body = TextContent{row.message.text}});
  std::uint16_t suite = 0;
  for (const auto& device : (*record)->record().devices) {
    if (device.state != identity::DeviceState::active) continue;
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
  return core_.store.messages.set_sealed(row.message.seq, suite);
}

Status Outbox::add_control(const ContactRow& contact, const identity::VerifiedRecord& record, identity::DeviceId device,
                           const Content& content) {
  auto sealed = encryptor_.seal(contact, record, device, encode_content(content));
  if (!sealed) return pass(sealed);
  return core_.store.outbox.add(row_for(contact.id, device.value, std::move(sealed->envelope), std::nullopt),
                                core_.clock.now());
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
    ++in_flight_;
    std::vector<Parcel> parcels;
    for (auto& row : *rows)
      parcels.push_back({.id = row.id, .account = row.peer, .device = row.device, .body = std::move(row.body)});
    transport_.carry(std::move(parcels), [this, sent = std::move(*rows)](Result<std::vector<ParcelOutcome>> outcomes) {
      --in_flight_;
      on_answer(sent, std::move(outcomes));
    });
  }
}

void Outbox::on_answer(const std::vector<OutboxRow>& rows, Result<std::vector<ParcelOutcome>> outcomes) {
  if (!outcomes) {
    log(LogLevel::info, "outbox.not_accepted", {{"why", outcomes.error().message}});
    retry_later();
    return send_ready();
  }
  auto changed = settle(rows, *outcomes);
  if (!changed) {
    log(LogLevel::error, "outbox.settle_failed", {{"why", changed.error().message}});
    retry_later();
    return send_ready();
  }
  for (const auto seq : *changed) core_.emit_message(seq);
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

Status Outbox::settle_one(const OutboxRow& row, const ParcelOutcome& outcome) {
  auto removed = core_.store.outbox.remove(row.seq);
  if (!removed) return pass(removed);
  // Dropped while it was on its way (the peer began anew): its message goes again, and is not what was answered.
  if (!*removed || !row.message) return {};
  if (outcome.carriage == Carriage::refused) return core_.store.messages.set_failed(*row.message, outcome.error);
  auto more = core_.store.outbox.holds(*row.message);
  if (!more) return pass(more);
  if (*more) return {};
  return core_.store.messages.set_sent(*row.message);
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
  // Every question was answered with an error before, so nothing is in flight.
  last_sent_ = 0;
  held_back_ = false;
  rewind_ = false;
  retry_.reset();
}

bool Outbox::idle() const {
  if (in_flight_ > 0 || !preparing_.empty()) return false;
  const auto sealed = core_.store.outbox.next(last_sent_, 1);
  const auto unsealed = core_.store.messages.to_seal(1);
  return sealed && sealed->empty() && unsealed && unsealed->empty();
}

}  // namespace pqc::client
