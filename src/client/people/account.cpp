#include "client/people/account.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "identity/limits.h"
#include "proto/relay.pb.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

constexpr identity::DeviceId first_device{1};

std::unexpected<Error> keys_failed(keys::Error error) {
  if (error == keys::Error::locked)
    return fail(ExitCode::locked, "the keys of this profile were locked meanwhile: run pqc-chat unlock");
  if (error == keys::Error::unavailable)
    return fail(ExitCode::busy,
                "the key agent of this profile does not answer, or cannot write: check the disk, try again");
  return fail(ExitCode::unexpected, "the keys cannot be used so: " + std::string(keys::name_of(error)));
}

std::unexpected<Error> record_failed(identity::Error error) {
  if (error == identity::Error::limit || error == identity::Error::invalid)
    return fail(ExitCode::invalid_name, "this account cannot be: " + std::string(identity::name_of(error)));
  return fail(ExitCode::damaged, "the profile's own account record does not verify (" +
                                     std::string(identity::name_of(error)) + "): restore the profile from a backup");
}

identity::AccountRecord first_record(const keys::PublicIdentity& keys, UnixMillis now) {
  identity::DeviceEntry device{.id = keys.device, .created = now, .revoked = {}, .keys = keys.device_keys};
  return {.account = keys.account,
          .version = {1},
          .predecessor = {},
          .issued = now,
          .expires = now + identity::record_lifetime,
          .identities = keys.identities,
          .devices = {std::move(device)}};
}

const v1::PrekeyCount* count_of(const v1::LoggedIn& answer, crypto::SuiteId suite) {
  for (const auto& count : answer.prekeys())
    if (count.suite() == crypto::number(suite)) return &count;
  return nullptr;
}

v1::ClientFrame publication(const pqxdh::PrekeyBatch& batch) {
  v1::ClientFrame frame;
  auto& publish = *frame.mutable_publish_prekeys();
  publish.set_suite(crypto::number(batch.suite));
  publish.set_batch_id(batch.batch.value);
  publish.set_batch(batch.signed_manifest.data(), batch.signed_manifest.size());
  publish.set_last_resort(batch.last_resort.data(), batch.last_resort.size());
  publish.set_expires_at(batch.expires.value);
  for (const auto& pair : batch.one_time) publish.add_one_time_pairs(pair.data(), pair.size());
  return frame;
}

}  // namespace

Status Account::load() {
  auto row = store_.account.load();
  if (!row) return pass(row);
  auto level = store_.account.number(setting::minimum_level);
  if (!level) return pass(level);
  if (*level) minimum_level_ = static_cast<crypto::Level>(**level);
  auto generation = store_.account.number(setting::generation);
  if (!generation) return pass(generation);
  generation_ = static_cast<std::uint64_t>(generation->value_or(0));
  auto vault_generation = store_.account.number(setting::vault_generation);
  if (!vault_generation) return pass(vault_generation);
  vault_generation_ = static_cast<std::uint64_t>(vault_generation->value_or(0));
  if (!*row) return {};
  row_ = std::move(**row);
  if (auto adopted = adopt_record(row_.record); !adopted) return adopted;
  service_.witness(generation_);
  unsettled_ = true;
  settle();
  return {};
}

Status Account::adopt_record(Bytes signed_record) {
  auto name = identity::AccountName::make(row_.name, row_.server);
  if (!name) return record_failed(name.error());
  auto verified = identity::verify_pinned(signed_record, *name);
  if (!verified) return record_failed(verified.error());
  record_.emplace(std::move(*verified));
  row_.record = std::move(signed_record);
  return {};
}

// Keys without an account are what an interrupted attempt left: no server has them.
Status Account::ready_to_create() {
  if (!keys().public_identity()) return {};
  if (auto discarded = keys().discard(); !discarded) return keys_failed(discarded.error());
  return {};
}

Status Account::create(const New& account) {
  const auto name = identity::AccountName::make(account.name, account.server);
  if (!name)
    return fail(ExitCode::invalid_name, "'" + printable(account.name) +
                                            "' cannot be a name: use 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning "
                                            "with a letter or digit");
  if (auto ready = ready_to_create(); !ready) return ready;
  auto made = keys().create(*name, first_device, account.suites);
  if (!made) return keys_failed(made.error());
  const auto now = clock_.now();
  auto signed_record = keys().sign_record(first_record(*made, now));
  if (!signed_record) return keys_failed(signed_record.error());
  row_ = {.name = account.name,
          .server = account.server,
          .host = account.host,
          .port = account.port,
          .pin = to_bytes(account.fingerprint.bytes),
          .device = first_device.value,
          .record = {},
          .registered = false};
  if (auto adopted = adopt_record(std::move(*signed_record)); !adopted) return adopted;
  auto transaction = store_.begin();
  if (!transaction) return pass(transaction);
  if (auto saved = store_.account.save(row_, now); !saved) return saved;
  return commit(*transaction);
}

std::vector<crypto::SuiteId> Account::suites() const {
  std::vector<crypto::SuiteId> held;
  for (const auto& suite : crypto::all_suites())
    if (record_->record().find(suite.id) != nullptr) held.push_back(suite.id);
  return held;
}

Status Account::set_minimum_level(crypto::Level level) {
  if (auto saved = store_.account.set_number(setting::minimum_level, static_cast<std::int64_t>(level)); !saved)
    return saved;
  minimum_level_ = level;
  return {};
}

Result<Bytes> Account::sign(const v1::Hello& hello, const net::LinkInfo& link, crypto::SuiteId suite) {
  identity::Challenge challenge{};
  if (hello.challenge().size() != challenge.size())
    return fail(ExitCode::protocol_mismatch, "the server's challenge is not of this protocol");
  std::ranges::copy(as_bytes(hello.challenge()), challenge.begin());
  const identity::LoginStatement login{.server = link.fingerprint.bytes,
                                       .account = name(),
                                       .device = {row_.device},
                                       .suite = suite,
                                       .challenge = challenge,
                                       .exporter = link.exporter};
  auto signature = row_.registered
                       ? keys().sign(login)
                       : keys().sign(identity::RegistrationStatement{.login = login, .record = record_->hash()});
  if (!signature) return keys_failed(signature.error());
  return std::move(*signature);
}

Result<std::unique_ptr<v1::ClientFrame>> Account::sign_in(const v1::Hello& hello, const net::LinkInfo& link,
                                                          const std::string& invite) {
  if (hello.server_name() != row_.server)
    return fail(ExitCode::wrong_server, "the server at " + row_.host + " calls itself " +
                                            printable(hello.server_name()) + ", not " + row_.server);
  const auto held = suites();
  if (held.empty()) return fail(ExitCode::level_refused, "this build has none of the suites of this account");
  ++generation_;
  if (auto raised = store_generation(); !raised) return pass(raised);
  // Stored first: a witness above the store would look like a store that was put back.
  service_.witness(generation_);
  auto signature = sign(hello, link, held.front());
  if (!signature) return pass(signature);
  auto frame = std::make_unique<v1::ClientFrame>();
  const auto fill = [&](auto& body) {
    body.set_device(row_.device);
    body.set_suite(crypto::number(held.front()));
    body.set_signature(signature->data(), signature->size());
    body.set_generation(generation_);
  };
  if (row_.registered) {
    fill(*frame->mutable_login());
    frame->mutable_login()->set_account(name().text());
  } else {
    fill(*frame->mutable_register_());
    frame->mutable_register_()->set_account_record(row_.record.data(), row_.record.size());
    frame->mutable_register_()->set_invite_token(invite);
  }
  return frame;
}

Status Account::store_generation() {
  auto transaction = store_.begin();
  if (!transaction) return pass(transaction);
  if (auto done = store_.account.set_number(setting::generation, static_cast<std::int64_t>(generation_)); !done)
    return done;
  if (auto done = note_vault_generation(); !done) return done;
  return transaction->commit();
}

// So that a vault that is put back from an older copy is noticed.
Status Account::note_vault_generation() {
  const auto state = service_.state();
  if (!state || state->generation <= vault_generation_) return {};
  vault_generation_ = state->generation;
  return store_.account.set_number(setting::vault_generation, static_cast<std::int64_t>(vault_generation_));
}

Status Account::set_registered() {
  row_.registered = true;
  return store_.account.save(row_, clock_.now());
}

bool Account::outdated(const v1::LoggedIn& answer) const {
  return answer.last_generation() >= generation_;
}

Status Account::pass_generation(const v1::LoggedIn& answer) {
  generation_ = std::max(generation_, answer.last_generation());
  return store_.account.set_number(setting::generation, static_cast<std::int64_t>(generation_));
}

Status Account::discard() {
  if (auto done = store_.account.remove(); !done) return done;
  record_.reset();
  row_ = {};
  if (auto done = keys().discard(); !done && done.error() != keys::Error::no_identity) return keys_failed(done.error());
  return {};
}

// The holder signs one record of a version only, so what it may have signed before a crash is asked for again.
Result<identity::AccountRecord> Account::next_record(UnixMillis now) {
  auto begun = store_.account.number(setting::renewal);
  if (!begun) return pass(begun);
  if (begun->value_or(0) == 0) {
    if (auto noted = store_.account.set_number(setting::renewal, now.value); !noted) return pass(noted);
    *begun = now.value;
  }
  auto next = record_->record();
  ++next.version.value;
  next.predecessor = record_->hash();
  next.issued = {**begun};
  next.expires = next.issued + identity::record_lifetime;
  return next;
}

// Stored, and only then this account's own: a record that is not stored must not be published, or the next one made
// would be a fork of it.
Status Account::store_record(Bytes signed_record) {
  auto transaction = store_.begin();
  if (!transaction) return pass(transaction);
  auto renewed = row_;
  renewed.record = signed_record;
  auto saved = store_.account.save(renewed, clock_.now());
  if (saved) saved = store_.account.set_number(setting::renewal, 0);
  if (saved) saved = note_vault_generation();
  if (!saved) {
    roll_back(*transaction);
    return saved;
  }
  if (auto done = commit(*transaction); !done) return done;
  return adopt_record(std::move(signed_record));
}

// A crash may have left a record signed that nobody ever saw. The holder signs no other one of its version: that
// version is passed over (docs/spec/identity.md §7, rule 4).
Result<Bytes> Account::publish_next(const identity::AccountRecord& next) {
  auto signed_record = keys().sign_record(next);
  if (!signed_record && signed_record.error() == keys::Error::mismatch) {
    auto over = next;
    ++over.version.value;
    signed_record = keys().sign_record(over);
  }
  if (!signed_record && signed_record.error() == keys::Error::invalid)
    return fail(ExitCode::usage, "an account has at most " + std::to_string(identity::max_active_devices) +
                                     " devices: revoke one first");
  if (!signed_record) return keys_failed(signed_record.error());
  if (auto stored = store_record(std::move(*signed_record)); !stored) return pass(stored);
  return row_.record;
}

Result<std::optional<Bytes>> Account::renew_record() {
  const auto now = clock_.now();
  const auto& current = record_->record();
  if (now < current.issued + (current.expires - current.issued) / 2) return std::nullopt;
  auto holds_identity = primary();
  if (!holds_identity) return pass(holds_identity);
  if (!*holds_identity) return std::nullopt;
  auto next = next_record(now);
  if (!next) return pass(next);
  auto signed_record = publish_next(*next);
  if (!signed_record) return pass(signed_record);
  return std::move(*signed_record);
}

std::vector<identity::DeviceId> Account::other_devices() const {
  std::vector<identity::DeviceId> others;
  for (const auto& device : record_->record().devices)
    if (device.state == identity::DeviceState::active && device.id.value != row_.device) others.push_back(device.id);
  return others;
}

Result<bool> Account::primary() {
  auto held = keys().public_identity();
  if (!held) return keys_failed(held.error());
  return !held->identities.empty();
}

Result<identity::AccountRecord> Account::next_record_of_primary() {
  auto holds_identity = primary();
  if (!holds_identity) return pass(holds_identity);
  if (!*holds_identity)
    return fail(ExitCode::usage, "only the device that made the account changes its devices: do it there");
  return next_record(clock_.now());
}

Result<Bytes> Account::add_device(const identity::DeviceEntry& device) {
  auto next = next_record_of_primary();
  if (!next) return pass(next);
  if (device.id <= next->devices.back().id)
    return fail(ExitCode::usage, "the number " + std::to_string(device.id.value) + " was used by another device");
  next->devices.push_back(device);
  auto signed_record = publish_next(*next);
  if (signed_record) report_device(keys::audit::Kind::device_added, name().text(), device.id);
  return signed_record;
}

Result<Bytes> Account::revoke_device(identity::DeviceId device) {
  auto next = next_record_of_primary();
  if (!next) return pass(next);
  if (device.value == row_.device) return fail(ExitCode::usage, "this device holds the identity: it is not revoked");
  const auto entry = std::ranges::find(next->devices, device, &identity::DeviceEntry::id);
  if (entry == next->devices.end() || entry->state == identity::DeviceState::revoked)
    return fail(ExitCode::usage,
                "there is no device " + std::to_string(device.value) + " to revoke: see pqc-chat devices list");
  *entry = {.id = entry->id,
            .state = identity::DeviceState::revoked,
            .created = entry->created,
            .revoked = std::max(clock_.now(), entry->created),
            .keys = {}};
  auto signed_record = publish_next(*next);
  if (signed_record) report_device(keys::audit::Kind::device_removed, name().text(), device);
  return signed_record;
}

Result<identity::Succession> Account::take_record(ByteView signed_record) {
  auto next = identity::verify(signed_record, name(), clock_.now());
  if (!next)
    return fail(ExitCode::refused, "the server has a record of this account that does not verify (" +
                                       std::string(identity::name_of(next.error())) + ")");
  auto succession = identity::verify_successor(*record_, *next);
  auto holds_identity = primary();
  if (!holds_identity) return pass(holds_identity);
  const bool not_ours = succession && !succession->same && *holds_identity;
  if (!succession || not_ours)
    return fail(ExitCode::refused, "the server has a record of this account that does not follow the one known here");
  if (succession->same) return std::move(*succession);
  if (auto stored = store_record(next->encoded()); !stored) return pass(stored);
  return std::move(*succession);
}

Result<identity::DeviceEntry> Account::create_device(const New& account, identity::DeviceId device) {
  const auto name = identity::AccountName::make(account.name, account.server);
  if (!name) return record_failed(name.error());
  if (auto ready = ready_to_create(); !ready) return pass(ready);
  auto made = keys().create_device(*name, device, account.suites);
  if (!made) return keys_failed(made.error());
  return identity::DeviceEntry{.id = device,
                               .state = identity::DeviceState::active,
                               .created = clock_.now(),
                               .revoked = {},
                               .keys = std::move(made->device_keys)};
}

Status Account::finish_device(const New& account, identity::DeviceId device, ByteView signed_record) {
  auto held = keys().public_identity();
  if (!held) return keys_failed(held.error());
  const auto named = identity::verify(signed_record, held->account, clock_.now());
  const auto* entry = named ? named->record().find(device) : nullptr;
  if (entry == nullptr || entry->keys != held->device_keys)
    return fail(ExitCode::refused, "the account's record does not name the keys of this device");
  row_ = {.name = account.name,
          .server = account.server,
          .host = account.host,
          .port = account.port,
          .pin = to_bytes(account.fingerprint.bytes),
          .device = device.value,
          .record = {},
          .registered = true};
  return store_record(to_bytes(signed_record));
}

Result<std::vector<v1::ClientFrame>> Account::refill_prekeys(const v1::LoggedIn& answer) {
  std::vector<v1::ClientFrame> frames;
  const auto now = clock_.now();
  // Weekly: a batch is replaced at half of its life, long before anybody meets an expired one.
  const auto renew_before = now + pqxdh::batch_lifetime / 2;
  for (const auto suite : suites()) {
    const auto* count = count_of(answer, suite);
    const bool fresh = count != nullptr && count->one_time_left() >= limits::refill_below &&
                       count->expires_at() > renew_before.value && !count->last_resort_used();
    if (fresh) continue;
    auto batch = keys().generate_batch(suite, limits::one_time_pairs, now);
    if (!batch) return keys_failed(batch.error());
    frames.push_back(publication(*batch));
  }
  if (auto erased = keys().destroy_expired(now); !erased) return keys_failed(erased.error());
  if (auto noted = note_vault_generation(); !noted) return pass(noted);
  return frames;
}

Status Account::forget_later(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session) {
  unsettled_ = true;
  return store_.forgets.add({.prekeys = prekeys, .session = session});
}

void Account::serve_strangers() {
  serves_strangers_ = true;
  service_.name_nobody();
}

// By what is stored: one whose contact is gone already is a stranger, too.
bool Account::may_name(std::string_view peer) {
  if (!serves_strangers_ || peer.empty() || (exists() && peer == name().text())) return true;
  const auto contact = store_.contacts.find(peer);
  return contact && *contact && (*contact)->state == ContactState::accepted;
}

void Account::report(const keys::audit::Event& event) {
  if (may_name(event.peer)) service_.record(event);
}

void Account::report_device(keys::audit::Kind what, const std::string& account, identity::DeviceId device) {
  report({.kind = what, .peer = account, .reason = "device " + std::to_string(device.value)});
}

void Account::report_refused(std::string_view peer, std::string_view why) {
  if (!may_name(peer)) return;
  const auto age = clock_.now() - refusals_since_;
  if (age > std::chrono::hours(1) || age < -limits::clock_tolerance) {
    refusals_since_ = clock_.now();
    refusals_ = 0;
  }
  if (++refusals_ > limits::refusals_an_hour) return;
  report({.kind = keys::audit::Kind::refused, .peer = std::string(peer), .reason = std::string(why)});
}

Status Account::commit(Transaction& transaction) {
  auto done = transaction.commit();
  auto events = std::exchange(events_, {});
  if (!done) return done;
  for (const auto& event : events) report(event);
  settle();
  return {};
}

void Account::roll_back(Transaction& transaction) {
  const auto dropped = std::move(transaction);
  events_.clear();
}

// What cannot be forgotten now stays noted: for the next commit, or the next start.
void Account::settle() {
  if (!unsettled_) return;
  const auto rows = store_.forgets.all();
  if (!rows) return;
  unsettled_ = false;
  auto transaction = store_.begin();
  if (!transaction) return;
  for (const auto& row : *rows) {
    const auto forgotten = keys().forget(row.prekeys, row.session);
    if (forgotten && store_.forgets.remove(row.session)) continue;
    unsettled_ = true;
    if (!forgotten) log(LogLevel::warning, "keys.not_forgotten", {{"why", keys::name_of(forgotten.error())}});
  }
  const auto noted = note_vault_generation();
  const auto done = noted ? transaction->commit() : noted;
  unsettled_ = unsettled_ || !done;
}

}  // namespace pqc::client
