// Engine: the connection to the server: registering, logging in, and what is brought up to date after a login.
#include <algorithm>

#include "base/log.h"
#include "client/engine.h"
#include "client/limits.h"
#include "client/people/record_answer.h"
#include "client/store/restored_rows.h"
#include "client/turn_access.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

v1::ClientFrame record_frame(ByteView signed_record) {
  v1::ClientFrame frame;
  frame.mutable_publish_account_record()->set_account_record(signed_record.data(), signed_record.size());
  return frame;
}

}  // namespace

void Engine::turn_access(std::chrono::milliseconds wait, Answer<TurnAccess> answer) {
  connect(wait, [this, answer = std::move(answer)](const Result<Connection>& connected) {
    if (!connected) return answer(std::unexpected(connected.error()));
    v1::ClientFrame frame;
    frame.mutable_fetch_turn_access();
    core_.relay->ask(std::move(frame), [answer](Result<const v1::ServerFrame*> reply) {
      answer(reply ? turn_access_of(**reply) : Result<TurnAccess>(pass(reply)));
    });
  });
}

RelayAddress Engine::address() const {
  const auto& row = core_.account.row();
  RelayAddress out{.host = row.host, .port = row.port, .pin = net::Fingerprint{}};
  std::ranges::copy_n(row.pin.begin(), static_cast<std::ptrdiff_t>(std::min(row.pin.size(), out.pin->bytes.size())),
                      out.pin->bytes.begin());
  return out;
}

void Engine::make_relay(RelayAddress where) {
  core_.relay = std::make_unique<Relay>(
      core_.loop, core_.clock, core_.rng, std::move(where),
      Relay::Handlers{.sign_in = [this](const auto& hello, const auto& link) { return sign_in(hello, link); },
                      .online = [this](const auto& answer) { on_online(answer); },
                      .offline = [this](const Error& error) { on_offline(error); },
                      .deliver = [this](const auto& deliver) { sync_.deliver(deliver); },
                      .link = [this](const auto& frame) { link_host_.on_frame(frame); }});
}

void Engine::go_online(const Online& how) {
  const bool more = how.subscribe && !how_.subscribe;
  how_ = {.subscribe = how_.subscribe || how.subscribe, .keep = how_.keep || how.keep};
  if (!core_.relay) make_relay(address());
  const bool online = core_.relay->online();
  core_.relay->start(how_.keep);
  if (!online || !more) return;
  sync_.subscribe();
  ask_what_to_maintain();
  ask_for_history();
  ring_waiting();
}

void Engine::ask_what_to_maintain() {
  v1::ClientFrame frame;
  frame.mutable_prekey_status();
  core_.relay->ask(std::move(frame), [this](Result<const v1::ServerFrame*> answer) {
    v1::LoggedIn status;
    if (answer) *status.mutable_prekeys() = (*answer)->prekeys().prekeys();
    if (answer) maintain(status);
  });
}

void Engine::go_direct(const DirectOptions& how) {
  if (how.policy == DirectPolicy::off || !how.make) return;
  direct_.allow(how.policy, how.make(core_.loop, [this]() -> StunService {
    return {.host = core_.account.row().host, .port = core_.relay ? core_.relay->stun_port() : std::uint16_t{0}};
  }));
}

void Engine::go_offline(std::function<void()> done) {
  direct_.stop();
  if (!core_.relay) return core_.loop.post(std::move(done));
  core_.relay->stop(std::move(done));
}

Connection Engine::connection() const {
  Connection out;
  if (!core_.relay) return out;
  out.online = core_.relay->online();
  out.failure = core_.relay->failure();
  out.clock_offset = core_.relay->clock_offset();
  if (!out.online) return out;
  out.group = core_.relay->info().group;
  out.cipher = core_.relay->info().cipher;
  return out;
}

Result<std::unique_ptr<v1::ClientFrame>> Engine::sign_in(const v1::Hello& hello, const net::LinkInfo& link) {
  if (!registration_) return core_.account.sign_in(hello, link, {});
  if (!core_.account.exists()) {
    auto created = core_.account.create({.name = registration_->name,
                                         .server = hello.server_name(),
                                         .host = registration_->address.host,
                                         .port = registration_->address.port,
                                         .fingerprint = link.fingerprint,
                                         .suites = registration_->suites});
    if (!created) return pass(created);
  }
  return core_.account.sign_in(hello, link, registration_->invite);
}

// Each once, in the transaction that stores its greeting; who cannot be reached now is greeted on another connection.
Status Engine::greet_restored() {
  auto contacts = RestoredRows(*store_).to_greet(core_.account.name().text());
  if (!contacts) return pass(contacts);
  for (const auto contact : *contacts) {
    directory_.prepare(contact, [this, contact](const Status& prepared) {
      auto greeted = prepared ? greet(contact) : prepared;
      if (!greeted) log(LogLevel::warning, "backup.contact_not_told", {{"why", greeted.error().message}});
      // Somebody who is not there any more, or whose keys changed, is not asked for on every connection.
      if (!greeted && is_about_account(greeted.error().code)) greeted = RestoredRows(*store_).set_greeted(contact);
      outbox_.pump();
    });
  }
  return {};
}

Status Engine::greet(std::int64_t id) {
  auto contact = store_->contacts.find(id);
  if (!contact) return pass(contact);
  if (!*contact) return {};
  auto transaction = store_->begin();
  if (!transaction) return pass(transaction);
  const Content content{.id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = SessionRestartedContent{}};
  auto added = outbox_.add_to_all_devices(**contact, content);
  if (!added) return pass(added);
  if (!*added) return fail(ExitCode::unreachable, "no session with " + (*contact)->peer + " is there yet");
  if (auto done = RestoredRows(*store_).set_greeted(id); !done) return done;
  return core_.account.commit(*transaction);
}

Status Engine::settle_login(const v1::LoggedIn& answer) {
  if (registration_) core_.account.set_address(registration_->address.host, registration_->address.port);
  // While registering always: that an earlier run got through was only assumed.
  if (registration_ || !core_.account.row().registered)
    if (auto done = core_.account.set_registered(); !done) return done;
  confirmed_ = true;
  if (!core_.account.outdated(answer)) return {};
  auto told = core_.contacts.announce(NoticeKind::profile_cloned, "",
                                      "the server has seen a newer state of this profile: it was copied or restored "
                                      "from an old copy. Use one copy only; a restored device has to be a new device");
  if (told) core_.emit_notices();
  return core_.account.pass_generation(answer);
}

void Engine::on_online(const v1::LoggedIn& answer) {
  if (auto settled = settle_login(answer); !settled) {
    if (registered_) finish_registration(settled);
    return log(LogLevel::error, "engine.login_not_stored", {{"why", settled.error().message}});
  }
  emit(connection());
  if (how_.subscribe) sync_.subscribe();
  // Before messages whose headers speak of it.
  if (how_.subscribe || registered_)
    maintain(answer);
  else
    publish_newer_record(answer);
  if (auto greeted = greet_restored(); !greeted)
    log(LogLevel::error, "backup.contacts_not_told", {{"why", greeted.error().message}});
  dead_blobs_.pump();
  outbox_.pump();
  uploads_.pump();
  downloads_.on_online();
  if (how_.subscribe) ask_for_history();
  if (how_.subscribe) ring_waiting();
}

// While it stays connected: records and prekeys age, and prekeys are used up.
void Engine::maintain_again() {
  maintenance_ = core_.loop.after(limits::maintenance_interval, [this] {
    if (!core_.online()) return;
    ask_what_to_maintain();
  });
}

// It was made before, but the server never got it.
bool Engine::has_older_record(const v1::LoggedIn& answer) const {
  return answer.record_version() != 0 && answer.record_version() < core_.account.record().version().value;
}

void Engine::publish_newer_record(const v1::LoggedIn& answer) {
  if (!has_older_record(answer)) return;
  std::vector<v1::ClientFrame> frames;
  frames.push_back(record_frame(core_.account.row().record));
  publish(std::move(frames), [this](const Status& status) {
    if (!status) return log(LogLevel::warning, "engine.record_not_published", {{"why", status.error().message}});
    outbox_.tell_devices_changed();
  });
}

void Engine::maintain(const v1::LoggedIn& answer) {
  maintain_again();
  std::vector<v1::ClientFrame> frames;
  auto record = core_.account.renew_record();
  if (record && *record)
    frames.push_back(record_frame(**record));
  else if (has_older_record(answer))
    frames.push_back(record_frame(core_.account.row().record));
  if (answer.record_version() > core_.account.record().version().value) refresh_own_record();
  auto prekeys = core_.account.refill_prekeys(answer);
  if (!record || !prekeys) {
    const auto error = !record ? record.error() : prekeys.error();
    log(LogLevel::error, "engine.maintenance_failed", {{"why", error.message}});
    maintained_ = true;
    if (registered_) finish_registration(std::unexpected(error));
    return;
  }
  std::ranges::move(*prekeys, std::back_inserter(frames));
  (void)core_.store.outbox.forget_seen_before(core_.clock.now() - limits::seen_lifetime);
  publish(std::move(frames), [this, newer = has_older_record(answer)](const Status& status) {
    maintained_ = true;
    if (status && newer) outbox_.tell_devices_changed();
    if (!status) log(LogLevel::warning, "engine.not_published", {{"why", status.error().message}});
    if (registered_) finish_registration(status);
  });
}

// One after the other: a renewed record is known before the prekeys that a device of it signed.
void Engine::publish(std::vector<v1::ClientFrame> frames, Done done) {
  if (frames.empty()) return done({});
  auto first = std::move(frames.front());
  frames.erase(frames.begin());
  core_.relay->ask(std::move(first), [this, rest = std::move(frames), done = std::move(done)](auto answer) mutable {
    if (!answer) return done(std::unexpected(answer.error()));
    publish(std::move(rest), std::move(done));
  });
}

void Engine::register_account(const Registration& registration, Done done) {
  registration_ = registration;
  registered_ = std::move(done);
  resumed_ = core_.account.exists();
  auto where = registration.address;
  if (resumed_) where.pin = address().pin;
  make_relay(std::move(where));
  core_.relay->start(false);
}

void Engine::finish_registration(const Status& status) {
  const auto done = std::exchange(registered_, {});
  registration_.reset();
  core_.loop.post([done, status] { done(status); });
}

// Whether the server answered so before it stored anything (docs/spec/relay.md): rate, quota, too large, malformed. It
// says nothing of what an earlier run asked for.
bool Engine::refused_unstored(ExitCode code) const {
  return !resumed_ && core_.relay->sign_in_refused() &&
         (code == ExitCode::quota || code == ExitCode::text_too_long || code == ExitCode::protocol_mismatch);
}

void Engine::on_offline(const Error& error) {
  direct_.stop();  // before the outbox: what was on a path goes again too
  sync_.on_offline();
  outbox_.on_offline();
  uploads_.on_offline();
  dead_blobs_.on_offline();
  link_host_.on_offline(error);
  maintained_ = false;
  maintenance_.reset();
  emit(connection());
  for (auto& waiter : std::exchange(waiters_, {})) waiter.answer(std::unexpected(error));
  if (!registered_) return;
  // An earlier run may have registered and been interrupted before it could note that; its invite is used up then.
  const bool perhaps_ours = error.code == ExitCode::name_taken || error.code == ExitCode::invalid_invite;
  if (perhaps_ours && resumed_ && !refusal_) {
    refusal_ = error;
    core_.account.assume_registered();
    return core_.loop.post([this] { core_.relay->start(false); });
  }
  const bool definite = error.code == ExitCode::name_taken || error.code == ExitCode::invalid_invite ||
                        error.code == ExitCode::refused || error.code == ExitCode::login_refused ||
                        refused_unstored(error.code);
  // The keys of an account that the server has are never thrown away.
  if (definite && !confirmed_ && !core_.account.discard()) log(LogLevel::error, "engine.not_discarded");
  const bool not_ours = refusal_ && !confirmed_ && error.code == ExitCode::login_refused;
  finish_registration(std::unexpected(not_ours ? *refusal_ : error));
}

}  // namespace pqc::client
