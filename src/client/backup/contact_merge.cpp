#include "client/backup/contact_merge.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "client/limits.h"
#include "identity/account_record.h"

namespace pqc::client {
namespace {

using Record = identity::Result<identity::VerifiedRecord>;

// Whose record is pinned from now on, and whose marks (verified, level) are of its identity.
struct Decision {
  bool take = false;
  bool conflict = false;
  bool marks_here = true;
  bool marks_there = false;
};

Record read(const ContactRow& row) {
  const auto name = identity::AccountName::parse(row.peer);
  if (!name) return std::unexpected(identity::Error::other_account);
  return identity::verify_pinned(row.record, *name);
}

Decision decide(const ContactRow& known, const ContactRow& other) {
  if (other.record.empty()) return {};
  if (other.record == known.record) return {.marks_there = true};
  if (known.record.empty()) return {.take = true, .marks_there = true};
  const auto theirs = read(other);
  if (!theirs) {
    log(LogLevel::warning, "contact.record_refused", {{"peer", known.peer}, {"why", name_of(theirs.error())}});
    return {};
  }
  const auto here = read(known);
  if (!here) return {.take = true, .marks_here = false, .marks_there = true};
  if (here->record().identities == theirs->record().identities)
    return {.take = theirs->version() > here->version(), .marks_there = true};
  // What the user compared on this very device is worth more than what another one knows.
  if (known.verified) return {};
  return {.take = true, .conflict = true, .marks_here = false, .marks_there = true};
}

// Nothing that was sealed for the keys found here goes out, and nothing they seal is opened.
Status set_aside(Store& store, const ContactRow& known) {
  if (auto done = store.sessions.remove_all(known.id); !done) return done;
  if (auto done = store.outbox.drop_messages_to(known.id); !done) return done;
  if (auto done = store.outbox.drop_expected(known.id); !done) return done;
  if (auto done = store.outbox.forget_owed(known.id); !done) return done;
  if (auto unsealed = store.messages.unseal_unconfirmed(known.id, limits::resent_messages); !unsealed)
    return pass(unsealed);
  if (auto done = store.contacts.unpin_suite(known.id); !done) return done;
  return store.contacts.set_changed_record(known.id, known.record);
}

Status tell(Store& store, const std::string& peer, UnixMillis now) {
  log(LogLevel::warning, "contact.other_identity_here", {{"peer", peer}});
  auto told = store.messages.add_notice(
      NoticeKind::identity_changed, peer,
      "this device had been given other keys of " + peer +
          " than those that your other device or your backup knows: either they made a new account, or somebody posed "
          "as them here. Do not rely on what came here under their name until now. Compare safety numbers with them, "
          "then: pqc-chat verify --accept " +
          peer,
      now);
  return told ? Status() : Status(pass(told));
}

// Pinned long ago: the server is asked before anything is sent.
Status pin(Store& store, std::int64_t id, const ContactRow& other) {
  if (auto done = store.contacts.pin_record(id, other.record, {0}); !done) return done;
  const auto record = read(other);
  if (!record) return {};
  for (const auto& device : record->record().devices) {
    if (device.state == identity::DeviceState::active) continue;
    if (auto done = store.sessions.remove_device(id, device.id.value); !done) return done;
  }
  return {};
}

Status take_marks(Store& store, const ContactRow& known, const ContactRow& other, const Decision& how) {
  const bool verified = (how.marks_here && known.verified) || (how.marks_there && other.verified);
  if (auto done = store.contacts.set_verified(known.id, verified); !done) return done;
  if (!how.marks_there || !other.level || !other.suite) return {};
  const bool stricter = !how.marks_here || !known.level || *other.level > *known.level;
  return stricter ? store.contacts.pin_suite(known.id, *other.level, *other.suite) : Status();
}

// Of what the user decided in either place the stricter; of timers the later change, as between two people.
Status take_decisions(Store& store, const ContactRow& known, const ContactRow& other) {
  const bool accepted = known.state == ContactState::accepted || other.state == ContactState::accepted;
  if (auto done = store.contacts.set_state(known.id, accepted ? ContactState::accepted : ContactState::stranger); !done)
    return done;
  if (auto done = store.contacts.set_barred(known.id, known.barred || other.barred); !done) return done;
  const bool later =
      std::tie(other.timer_revision, other.timer_change) > std::tie(known.timer_revision, known.timer_change);
  return later ? store.contacts.set_timer(known.id, other.timer, other.timer_revision, other.timer_change) : Status();
}

}  // namespace

Result<Merged> merge_contact(Store& store, const ContactRow& known, const ContactRow& other, UnixMillis now) {
  const auto how = decide(known, other);
  if (how.conflict) {
    if (auto done = set_aside(store, known); !done) return pass(done);
    if (auto done = tell(store, known.peer, now); !done) return pass(done);
  }
  if (how.take)
    if (auto done = pin(store, known.id, other); !done) return pass(done);
  if (auto done = take_marks(store, known, other, how); !done) return pass(done);
  if (auto done = take_decisions(store, known, other); !done) return pass(done);
  return how.conflict ? Merged::identity_changed : Merged::taken;
}

}  // namespace pqc::client
