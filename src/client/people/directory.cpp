#include "client/people/directory.h"

#include <algorithm>

#include "client/limits.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

std::unexpected<Error> off_protocol() {
  return fail(ExitCode::protocol_mismatch, "the server answered with something else than was asked for");
}

Result<ContactRow> require(Store& store, std::int64_t id) {
  auto found = store.contacts.find(id);
  if (!found) return pass(found);
  if (!*found) return fail(ExitCode::unknown_peer, "there is no such contact");
  return std::move(**found);
}

}  // namespace

void Directory::fetch_record(std::int64_t id, Done done) {
  auto& waiting = records_[id];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  const auto finish = [this, id](const Status& status) {
    auto node = records_.extract(id);
    core_.emit_notices();
    for (const auto& each : node.mapped()) each(status);
  };
  const auto contact = require(core_.store, id);
  if (!contact) return finish(std::unexpected(contact.error()));
  v1::ClientFrame frame;
  frame.mutable_fetch_account()->set_account(contact->peer);
  core_.relay->ask(std::move(frame), [this, id, finish, peer = contact->peer](Result<const v1::ServerFrame*> answer) {
    if (answer) return finish(take_answer(id, **answer));
    if (answer.error().code == ExitCode::unknown_peer)
      return finish(fail(ExitCode::unknown_peer, "the server knows nobody named " + peer + ": check the spelling"));
    finish(std::unexpected(answer.error()));
  });
}

Status Directory::take_answer(std::int64_t id, const v1::ServerFrame& frame) {
  if (!frame.has_account()) return off_protocol();
  // Always the whole record: another one of the same version would not show by its number.
  auto taken = core_.contacts.take_record(id, as_bytes(frame.account().account_record()));
  core_.record_seen(id);
  return taken;
}

void Directory::begin_session(std::int64_t id, identity::DeviceId device, Done done) {
  auto contact = require(core_.store, id);
  if (!contact) return done(pass(contact));
  auto record = core_.contacts.pinned(*contact);
  if (!record) return done(pass(record));
  if (*record == nullptr) return done(fail(ExitCode::unknown_peer, "the keys of " + contact->peer + " are not known"));
  auto suite = core_.sessions.choose_suite(*contact, **record, device);
  if (!suite) return done(pass(suite));
  v1::ClientFrame frame;
  auto& fetch = *frame.mutable_fetch_bundle();
  fetch.set_account(contact->peer);
  fetch.set_device(device.value);
  fetch.set_suite(crypto::number((*suite)->id));
  core_.relay->ask(std::move(frame), [this, id, device, done = std::move(done),
                                      peer = contact->peer](Result<const v1::ServerFrame*> answer) {
    if (!answer && answer.error().code == ExitCode::unknown_peer)
      return done(fail(ExitCode::unknown_peer, peer + " has published no usable prekeys: they have to connect once"));
    if (!answer) return done(std::unexpected(answer.error()));
    const auto taken = take_bundle(id, device, **answer);
    core_.emit_notices();
    done(taken);
  });
}

Status Directory::take_bundle(std::int64_t id, identity::DeviceId device, const v1::ServerFrame& frame) {
  if (!frame.has_bundle()) return off_protocol();
  const auto& bundle = frame.bundle();
  auto contact = require(core_.store, id);
  if (!contact) return pass(contact);
  auto record = core_.contacts.pinned(*contact);
  if (!record || *record == nullptr) return off_protocol();
  auto suite = core_.sessions.choose_suite(*contact, **record, device);
  if (!suite) return pass(suite);
  if (bundle.suite() != crypto::number((*suite)->id)) return off_protocol();
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  const auto& prekey = bundle.prekey();
  auto begun = core_.sessions.begin(*contact, **record, device, **suite, as_bytes(bundle.batch()), as_bytes(prekey));
  if (!begun) {
    core_.account.roll_back(*transaction);
    return pass(begun);
  }
  if (begun->last_resort) {
    // Shown, because a stranger who uses up one-time keys shows here (THREATS 10).
    auto told = core_.contacts.announce(
        NoticeKind::last_resort_used, contact->peer,
        "the server had no one-time key of " + contact->peer + " left: this session began with a reusable one");
    if (!told) return told;
  }
  return core_.account.commit(*transaction);
}

void Directory::prepare(std::int64_t id, Done done) {
  const auto contact = require(core_.store, id);
  if (!contact) return done(std::unexpected(contact.error()));
  if (contact->blocked())
    return done(fail(ExitCode::identity_changed, "the keys of " + contact->peer +
                                                     " have changed and were not accepted: nothing was sent. Compare "
                                                     "safety numbers with them, then: pqc-chat verify --accept " +
                                                     contact->peer));
  done = [this, done = std::move(done)](const Status& status) {
    if (!status) return done(status);
    begin_with_own_devices(done);
  };
  if (!core_.contacts.stale(*contact)) return begin_missing_sessions(id, false, std::move(done));
  fetch_record(id, [this, id, done = std::move(done)](const Status& fetched) {
    // A record that only contradicts the pinned one was announced; the pinned one stays in use.
    if (!fetched && (fetched.error().code != ExitCode::refused || !core_.contacts.keep_pinned(id)))
      return done(fetched);
    if (auto given = core_.contacts.refuse_withheld(id); !given) return done(given);
    begin_missing_sessions(id, true, std::move(done));
  });
}

void Directory::begin_missing_sessions(std::int64_t id, bool fetched, Done done) {
  auto contact = require(core_.store, id);
  if (!contact) return done(pass(contact));
  auto record = core_.contacts.pinned(*contact);
  if (!record) return done(pass(record));
  bool any = false;
  for (const auto& device : (*record)->record().devices) {
    if (device.state != identity::DeviceState::active || left_out(id, device.id)) continue;
    any = true;
    auto ready = core_.sessions.can_seal(*contact, device.id);
    if (!ready) return done(pass(ready));
    if (*ready) continue;
    // A session may only begin with a record whose time is not over.
    if (core_.contacts.expired(**record)) {
      if (fetched)
        return done(fail(ExitCode::refused, "the account record of " + contact->peer +
                                                " has expired: it is renewed when they connect; nothing was sent"));
      return fetch_record(id, [this, id, done = std::move(done)](const Status& status) {
        if (!status) return done(status);
        begin_missing_sessions(id, true, std::move(done));
      });
    }
    return begin_session(id, device.id,
                         [this, id, device = device.id, fetched, done = std::move(done)](const Status& status) {
                           if (!status && !leave_out(id, device, status.error())) return done(status);
                           begin_missing_sessions(id, fetched, std::move(done));
                         });
  }
  if (!any) return done(fail(ExitCode::unknown_peer, contact->peer + " has no device that could receive"));
  done({});
}

// Whether the others can do without it.
bool Directory::leave_out(std::int64_t id, identity::DeviceId device, const Error& why) {
  if (why.code != ExitCode::unknown_peer && why.code != ExitCode::level_refused) return false;
  auto contact = require(core_.store, id);
  if (!contact) return false;
  auto record = core_.contacts.pinned(*contact);
  if (!record || !*record) return false;
  const bool others =
      core_.contacts.is_self(*contact) ||
      std::ranges::any_of((*record)->record().devices, [&](const identity::DeviceEntry& entry) {
        return entry.state == identity::DeviceState::active && entry.id != device && !left_out(id, entry.id);
      });
  if (!others) return false;
  auto [entry, first] = left_out_.try_emplace({id, device.value}, LeftOut{.since = {}, .wait = {}});
  auto& [since, wait] = entry->second;
  since = core_.clock.now();
  wait = first ? limits::device_first_retry : std::min(wait * 4, limits::device_retry);
  return true;
}

bool Directory::left_out(std::int64_t id, identity::DeviceId device) const {
  const auto found = left_out_.find({id, device.value});
  if (found == left_out_.end()) return false;
  const auto since = core_.clock.now() - found->second.since;
  if (since >= found->second.wait || since <= -limits::clock_tolerance) return false;
  // Unless it has begun a session itself.
  const auto session = core_.store.sessions.sending(id, device.value);
  return !session || !*session;
}

void Directory::begin_with_own_devices(Done done) {
  if (core_.account.other_devices().empty()) return done({});
  auto self = core_.contacts.self();
  if (!self) return done(pass(self));
  auto older = core_.contacts.withheld(*self);
  if (!older) return done(pass(older));
  if (*older) {
    return fetch_record(self->id, [this, id = self->id, done = std::move(done)](const Status& fetched) {
      if (auto given = fetched ? core_.contacts.refuse_withheld(id) : fetched; !given) return done(given);
      begin_with_own_devices(done);
    });
  }
  for (const auto device : core_.account.other_devices()) {
    if (left_out(self->id, device)) continue;
    auto ready = core_.sessions.can_seal(*self, device);
    if (!ready) return done(pass(ready));
    if (*ready) continue;
    return begin_session(self->id, device, [this, id = self->id, device, done](const Status& status) {
      if (!status && !leave_out(id, device, status.error())) return done(status);
      begin_with_own_devices(done);
    });
  }
  done({});
}

}  // namespace pqc::client
