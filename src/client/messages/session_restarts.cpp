#include "client/messages/session_restarts.h"

#include "base/log.h"
#include "client/limits.h"
#include "client/messages/content.h"

namespace pqc::client {
namespace {

// When it was last done, of a device.
std::string setting_of(std::string_view what, std::int64_t contact, identity::DeviceId device) {
  return std::string(what) + ":" + std::to_string(contact) + ":" + std::to_string(device.value);
}

}  // namespace

Result<bool> SessionRestarts::may(const std::string& setting) {
  auto last = core_.store.account.number(setting);
  if (!last) return pass(last);
  const auto since = core_.clock.now() - UnixMillis{last->value_or(0)};
  return !*last || since >= limits::restart_interval || since < -limits::clock_tolerance;
}

// A stranger whose prekeys are of no use must not make us fetch them again and again.
Status SessionRestarts::note_attempt(const std::string& setting, std::chrono::milliseconds earlier) {
  if (!of_strangers_) return {};
  return core_.store.account.set_number(setting, (core_.clock.now() - earlier).value);
}

void SessionRestarts::begin(std::int64_t contact, identity::DeviceId device, Directory::Done done) {
  const std::pair key(contact, device.value);
  if (on_their_way_.contains(key)) return done({});
  const auto setting = setting_of("restart", contact, device);
  auto now = may(setting);
  if (!now || !*now) return done(now ? Status() : Status(pass(now)));
  if (auto noted = note_attempt(setting, {}); !noted) return done(noted);
  on_their_way_.insert(key);
  directory_.begin_session(contact, device, [this, key, device, done = std::move(done)](const Status& status) {
    on_their_way_.erase(key);
    const auto sent = begun(key.first, device, status);
    if (!sent) log(LogLevel::warning, "session.not_restarted", {{"why", sent.error().message}});
    outbox_.pump();
    done(sent);
  });
}

Status SessionRestarts::begun(std::int64_t contact, identity::DeviceId device, const Status& status) {
  if (status) return send(contact, device);
  const auto row = core_.store.contacts.find(contact);
  if (!row || !*row) return status;
  // It is not the device's fault.
  if (transient(status.error().code))
    if (auto noted = note_attempt(setting_of("restart", contact, device),
                                  limits::restart_interval - limits::stranger_restart_again);
        !noted)
      return noted;
  return status;
}

Status SessionRestarts::send(std::int64_t id, identity::DeviceId device) {
  auto contact = core_.store.contacts.find(id);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  auto record = core_.contacts.pinned(**contact);
  if (!record) return pass(record);
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  const auto now = core_.clock.now();
  const Content content{.id = core_.rng.bytes<16>(), .sent_at = now, .body = SessionRestartedContent{}};
  if (auto done = outbox_.add_control(**contact, **record, device, content); !done) return done;
  if (auto done = core_.store.account.set_number(setting_of("restart", id, device), now.value); !done) return done;
  return core_.account.commit(*transaction);
}

// It knows the ids of what it has, so nothing arrives twice.
Status SessionRestarts::repeat_unconfirmed(std::int64_t contact, identity::DeviceId device) {
  const auto setting = setting_of("repeat", contact, device);
  auto now = may(setting);
  if (!now || !*now) return now ? Status() : Status(pass(now));
  auto done = core_.store.account.set_number(setting, core_.clock.now().value);
  if (done) done = core_.store.outbox.drop_messages_to(contact);
  if (done) done = core_.store.outbox.drop_expected(contact);
  if (!done) return done;
  auto unsealed = core_.store.messages.unseal_unconfirmed(contact, limits::resent_messages);
  return unsealed ? Status() : Status(pass(unsealed));
}

}  // namespace pqc::client
