#include "client/people/contacts.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "client/limits.h"
#include "crypto/suite.h"
#include "identity/safety_number.h"

namespace pqc::client {
namespace {

std::unexpected<Error> not_verified(identity::Error error, std::string_view peer) {
  const std::string who(peer);
  if (error == identity::Error::not_yet_valid)
    return fail(ExitCode::clock_off,
                "the account record of " + who + " is from the future: check this machine's clock");
  if (error == identity::Error::expired)
    return fail(ExitCode::refused, "the account record of " + who +
                                       " has expired: it is renewed when they connect, or this machine's clock is off");
  if (error == identity::Error::unsupported)
    return fail(ExitCode::level_refused, who + " holds no suite that this program knows: update it");
  return fail(ExitCode::refused, "the server gave an account record of " + who + " that does not verify (" +
                                     std::string(identity::name_of(error)) + "): nothing was sent");
}

// Of a contact, by its number: the version of its record that one of its devices spoke of, and which device that was.
std::string spoken_of_setting(std::int64_t contact) {
  return "record_spoken_of:" + std::to_string(contact);
}
std::string speaker_setting(std::int64_t contact) {
  return "record_speaker:" + std::to_string(contact);
}

bool is_active(const identity::VerifiedRecord& record, identity::DeviceId device) {
  return std::ranges::any_of(record.record().devices, [device](const identity::DeviceEntry& entry) {
    return entry.id == device && entry.state == identity::DeviceState::active;
  });
}

std::unexpected<Error> damaged_record(std::string_view peer) {
  return fail(ExitCode::damaged,
              "the stored record of " + std::string(peer) + " does not verify: restore the profile from a backup");
}

}  // namespace

Result<identity::AccountName> Contacts::parse(std::string_view peer) const {
  auto name = peer.find('@') == std::string_view::npos ? identity::AccountName::make(peer, account_.row().server)
                                                       : identity::AccountName::parse(peer);
  if (!name)
    return fail(ExitCode::invalid_name,
                "'" + printable(peer) + "' is not a name: write NAME or NAME@SERVER in lower case");
  return std::move(*name);
}

Result<std::shared_ptr<const identity::VerifiedRecord>> Contacts::pinned(const ContactRow& contact) {
  if (contact.record.empty()) return nullptr;
  const auto found = cache_.find(contact.id);
  if (found != cache_.end() && found->second->encoded() == contact.record) return found->second;
  const auto name = identity::AccountName::parse(contact.peer);
  if (!name) return damaged_record(contact.peer);
  auto record = identity::verify_pinned(contact.record, *name);
  if (!record) return damaged_record(contact.peer);
  return cache_[contact.id] = std::make_shared<const identity::VerifiedRecord>(std::move(*record));
}

Status Contacts::take_record(std::int64_t id, ByteView signed_record) {
  auto contact = store_.contacts.find(id);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  const auto name = identity::AccountName::parse((*contact)->peer);
  if (!name) return damaged_record((*contact)->peer);
  if (*name == account_.name()) return take_own_record(signed_record);
  auto current = pinned(**contact);
  if (!current) return pass(current);
  auto next = identity::verify(signed_record, *name, clock_.now());
  if (!next) {
    if (*current != nullptr)
      if (auto told = tell_not_verified(**contact, next.error()); !told) return told;
    return not_verified(next.error(), (*contact)->peer);
  }
  if (*current == nullptr) return pin(**contact, std::move(*next));
  const auto succession = identity::verify_successor(**current, *next);
  if (!succession) return refuse_record(**contact, succession.error(), *next);
  if (succession->same) return confirm_record(**contact);
  if (auto told = tell_changes((*contact)->peer, *succession); !told) return told;
  return pin(**contact, std::move(*next));
}

// A record of somebody known that is nobody's: with a device that they did not sign, for one (THREATS 3). One whose
// time is over, or this machine's clock, is no attack.
Status Contacts::tell_not_verified(const ContactRow& contact, identity::Error why) {
  if (why == identity::Error::expired || why == identity::Error::not_yet_valid || why == identity::Error::unsupported)
    return {};
  account_.report_refused(contact.peer, identity::name_of(why));
  return announce(NoticeKind::record_rolled_back, contact.peer,
                  "the server gave a record of " + contact.peer + " that they did not sign (" +
                      std::string(identity::name_of(why)) +
                      "): the known one stays in use. Tell them and the server's owner");
}

bool Contacts::is_self(const ContactRow& contact) const {
  return contact.peer == account_.name().text();
}

Result<ContactRow> Contacts::self() {
  auto row = store_.contacts.find_or_add(account_.name().text(), ContactState::accepted, clock_.now());
  if (!row || row->record == account_.row().record) return row;
  if (auto done = store_.contacts.set_state(row->id, ContactState::accepted); !done) return pass(done);
  if (auto done = pin(*row, account_.record()); !done) return pass(done);
  auto pinned_row = store_.contacts.find(row->id);
  if (!pinned_row) return pass(pinned_row);
  return std::move(**pinned_row);
}

Status Contacts::take_own_record(ByteView signed_record) {
  auto change = account_.take_record(signed_record);
  if (!change && change.error().code == ExitCode::refused) {
    if (auto told = announce(NoticeKind::record_rolled_back, account_.name().text(), change.error().message); !told)
      return told;
  }
  if (!change) return pass(change);
  if (auto told = tell_changes(account_.name().text(), *change); !told) return told;
  auto row = self();
  return row ? Status() : Status(pass(row));
}

// One notice each, and none is left out: an unexpected device is how a stolen identity shows.
Status Contacts::tell_changes(std::string_view peer, const identity::Succession& change) {
  const std::string who(peer);
  for (const auto device : change.added) account_.report_device(keys::audit::Kind::device_added, who, device);
  for (const auto device : change.revoked) account_.report_device(keys::audit::Kind::device_removed, who, device);
  for (const auto device : change.added) {
    auto told = store_.messages.add_notice(
        NoticeKind::device_added, peer,
        who + " has a new device, number " + std::to_string(device.value) + ", signed by the identity known here",
        clock_.now());
    if (!told) return pass(told);
  }
  for (const auto device : change.revoked) {
    auto told = store_.messages.add_notice(
        NoticeKind::device_removed, peer,
        who + " has removed the device number " + std::to_string(device.value) + ": nothing is sent to it any more",
        clock_.now());
    if (!told) return pass(told);
  }
  return {};
}

Status Contacts::pin(const ContactRow& contact, identity::VerifiedRecord record) {
  if (auto done = store_.contacts.pin_record(contact.id, record.encoded(), clock_.now()); !done) return done;
  for (const auto& device : record.record().devices) {
    if (device.state == identity::DeviceState::active) continue;
    if (auto done = store_.sessions.remove_device(contact.id, device.id.value); !done) return done;
  }
  cache_[contact.id] = std::make_shared<const identity::VerifiedRecord>(std::move(record));
  return {};
}

Status Contacts::refuse_record(const ContactRow& contact, identity::Error why, const identity::VerifiedRecord& next) {
  log(LogLevel::warning, "contact.record_refused", {{"peer", contact.peer}, {"why", identity::name_of(why)}});
  if (why == identity::Error::identity_changed) {
    if (contact.changed_record != next.encoded())
      account_.report({.kind = keys::audit::Kind::identity_changed, .peer = contact.peer});
    if (auto done = store_.contacts.set_changed_record(contact.id, next.encoded()); !done) return done;
    const auto text = "the keys of " + contact.peer +
                      " have changed: either they made a new account, or somebody poses as them. Compare safety "
                      "numbers with them, then: pqc-chat verify --accept " +
                      contact.peer;
    if (auto done = announce(NoticeKind::identity_changed, contact.peer, text); !done) return done;
    return fail(ExitCode::identity_changed, text);
  }
  account_.report_refused(contact.peer, identity::name_of(why));
  const auto text = "the server gave a record of " + contact.peer + " that contradicts the one known here (" +
                    std::string(identity::name_of(why)) +
                    "): the known one stays in use. Tell them and the server's owner";
  if (auto done = announce(NoticeKind::record_rolled_back, contact.peer, text); !done) return done;
  return fail(ExitCode::refused, text);
}

Status Contacts::confirm_record(const ContactRow& contact) {
  return store_.contacts.pin_record(contact.id, contact.record, clock_.now());
}

Status Contacts::keep_pinned(std::int64_t id) {
  auto contact = store_.contacts.find(id);
  if (!contact) return pass(contact);
  if (!*contact || (*contact)->record.empty()) return fail(ExitCode::unknown_peer, "no record is pinned");
  auto record = pinned(**contact);
  if (!record) return pass(record);
  if (expired(**record)) return not_verified(identity::Error::expired, (*contact)->peer);
  return confirm_record(**contact);
}

bool Contacts::stale(const ContactRow& contact) {
  // Seen in the future: the clock was set back.
  const auto age = clock_.now() - contact.record_at;
  if (contact.record.empty() || age > limits::contact_refresh || age < -limits::clock_tolerance) return true;
  const auto older = withheld(contact);
  return !older || *older;
}

Status Contacts::note_record(const ContactRow& contact, identity::DeviceId device, std::uint64_t version) {
  auto record = pinned(contact);
  if (!record) return pass(record);
  if (*record == nullptr || version <= (*record)->version().value || !is_active(**record, device)) return {};
  auto spoken_of = store_.account.number(spoken_of_setting(contact.id));
  if (!spoken_of) return pass(spoken_of);
  auto older = withheld(contact);
  if (!older) return pass(older);
  // What a device said that was revoked since counts no more.
  const auto newest = std::int64_t(std::min<std::uint64_t>(version, std::numeric_limits<std::int64_t>::max()));
  if (*older && spoken_of->value_or(0) >= newest) return {};
  if (auto done = store_.account.set_number(spoken_of_setting(contact.id), newest); !done) return done;
  return store_.account.set_number(speaker_setting(contact.id), device.value);
}

Result<bool> Contacts::withheld(const ContactRow& contact) {
  auto spoken_of = store_.account.number(spoken_of_setting(contact.id));
  if (!spoken_of) return pass(spoken_of);
  if (spoken_of->value_or(0) == 0) return false;
  auto record = pinned(contact);
  if (!record) return pass(record);
  if (*record == nullptr || (*record)->version().value >= static_cast<std::uint64_t>(**spoken_of)) return false;
  auto speaker = store_.account.number(speaker_setting(contact.id));
  if (!speaker) return pass(speaker);
  return is_active(**record, identity::DeviceId{static_cast<std::uint32_t>(speaker->value_or(0))});
}

Status Contacts::refuse_withheld(std::int64_t id) {
  auto contact = store_.contacts.find(id);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  auto older = withheld(**contact);
  if (!older) return pass(older);
  if (!*older) return {};
  const auto text = "a device of " + (*contact)->peer +
                    " speaks of a newer record of that account than the server gives: until it gives that one nothing "
                    "is sent, for a device may have been removed. Tell them and the server's owner";
  account_.report_refused((*contact)->peer, "record_withheld");
  if (auto told = announce(NoticeKind::record_rolled_back, (*contact)->peer, text); !told) return told;
  return fail(ExitCode::refused, text);
}

bool Contacts::expired(const identity::VerifiedRecord& record) const {
  return clock_.now() > record.record().expires;
}

Status Contacts::accept_changed(const ContactRow& contact) {
  if (!contact.blocked()) return {};
  const auto name = identity::AccountName::parse(contact.peer);
  if (!name) return damaged_record(contact.peer);
  auto record = identity::verify_pinned(contact.changed_record, *name);
  if (!record) return damaged_record(contact.peer);
  auto transaction = store_.begin();
  if (!transaction) return pass(transaction);
  if (auto done = store_.sessions.remove_all(contact.id); !done) return done;
  if (auto done = store_.contacts.unpin_suite(contact.id); !done) return done;
  if (auto done = store_.contacts.set_verified(contact.id, false); !done) return done;
  if (auto done = store_.contacts.set_changed_record(contact.id, {}); !done) return done;
  if (auto done = pin(contact, std::move(*record)); !done) return done;
  return transaction->commit();
}

Result<SafetyNumber> Contacts::safety_number(const ContactRow& contact) {
  auto record = pinned(contact);
  if (!record) return pass(record);
  if (*record == nullptr) return fail(ExitCode::unknown_peer, "the keys of " + contact.peer + " are not known yet");
  const auto& ours = account_.record().record();
  return SafetyNumber{.peer = contact.peer,
                      .digits = identity::safety_number(ours, (*record)->record()),
                      .payload = to_bytes(identity::safety_payload(ours, (*record)->record())),
                      .verified = contact.verified};
}

Result<client::Contact> Contacts::describe(const ContactRow& row) {
  client::Contact out{.peer = row.peer,
                      .state = row.state,
                      .verified = row.verified,
                      .identity_changed = row.blocked(),
                      .level = {},
                      .suite = {},
                      .record_version = 0,
                      .blocked = row.barred,
                      .timer = row.timer};
  if (row.level) out.level = crypto::to_string(static_cast<crypto::Level>(*row.level));
  if (row.suite)
    if (const auto* suite = crypto::find_suite(static_cast<std::uint16_t>(*row.suite))) out.suite = suite->name;
  auto record = pinned(row);
  if (!record) return pass(record);
  if (*record) out.record_version = (*record)->version().value;
  return out;
}

Status Contacts::announce(NoticeKind kind, std::string_view peer, std::string_view text) {
  auto recent = store_.messages.announced_since(kind, peer, clock_.now() - std::chrono::days(1));
  if (!recent) return pass(recent);
  if (*recent) return {};
  auto added = store_.messages.add_notice(kind, peer, text, clock_.now());
  if (!added) return pass(added);
  return {};
}

}  // namespace pqc::client
