#include "client/engine.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "client/recording/recording_plan.h"

namespace pqc::client {
namespace {

// How often it is looked whether what is waited for has come.
constexpr std::chrono::milliseconds condition_interval{2};

std::unexpected<Error> unknown(std::string_view peer) {
  return fail(ExitCode::unknown_peer, "there is no contact " + printable(peer) + ": check the spelling");
}

bool reached(const Message& message, Until until) {
  return message.status == MessageStatus::delivered || message.status == MessageStatus::failed ||
         (until == Until::sent && message.status == MessageStatus::sent);
}

}  // namespace

Engine::Engine(Loop& loop, OpenProfile profile, const Clock& clock, Rng& rng, const CallOptions& calls)
    : keys_(std::move(profile.keys)),
      store_(std::move(profile.store)),
      core_(loop, *store_, *keys_, clock, rng),
      history_(
          core_, [this](identity::DeviceId device, const Content& what) { return outbox_.add_own(device, what); },
          [this](const CallId& call) { return calls_.has(call); }),
      calls_(core_, directory_, outbox_, calls),
      link_host_(core_, [this](const auto& device, auto done) { add_device(device, std::move(done)); }) {
  if (calls.service) core_.account.serve_strangers();
  core_.emit = [this](const Event& event) {
    // Each step of a call is told of; some begin or end what hides this device.
    if (std::holds_alternative<CallInfo>(event)) direct_.look_again();
    emit(event);
  };
  direct_.hides_from = [this](std::int64_t contact) { return calls_.hides_from(contact); };
  core_.record_seen = [this](std::int64_t contact) {
    calls_.look_at(contact);
    direct_.look_again();
  };
  direct_.join(outbox_, sync_);
  outbox_.held_back = [this](std::int64_t seq, const Error& why) { tell_held_back(seq, why); };
}

Engine::~Engine() = default;

Status Engine::load() {
  if (auto loaded = core_.account.load(); !loaded || !core_.account.exists()) return loaded;
  housekeeping_.start();
  return check_roll_back();
}

// THREATS 12: what the key agent remembers. The server's part is settle_login().
Status Engine::check_roll_back() {
  const auto state = core_.keys.state();
  if (state && state->vault_rolled_back) {
    auto told = core_.contacts.announce(NoticeKind::profile_rolled_back, "",
                                        "the keys of this profile are older than they were: the folder keys was put "
                                        "back from an old copy. Prekeys that were erased may be back");
    if (!told) return told;
  }
  if (!state || !state->store_rolled_back) return {};
  return core_.contacts.announce(NoticeKind::profile_rolled_back, "",
                                 "the database of this profile is older than it was: it was put back from an old copy. "
                                 "Use one copy only; a restored device has to be a new device");
}

Engine::ListenerHandle Engine::listen(Listener listener) {
  auto handle = std::make_shared<Listener>(std::move(listener));
  listeners_.push_back(handle);
  return handle;
}

void Engine::emit(const Event& event) {
  if (const auto* message = std::get_if<Message>(&event)) check_waiters(*message);
  std::erase_if(listeners_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : std::vector(listeners_))
    if (const auto listener = weak.lock()) (*listener)(event);
}

Result<Message> Engine::send(const Draft& draft) {
  if (draft.kind == MessageKind::file) return uploads_.enqueue(draft);
  auto message = outbox_.enqueue(draft);
  if (draft.kind == MessageKind::unsend) dead_blobs_.pump();
  return message;
}

Status Engine::change(const Change& change) {
  auto done = changes_.apply(change);
  if (const auto* set = std::get_if<SetBlocked>(&change); done && set != nullptr && set->blocked)
    if (const auto contact = find_contact(set->peer); contact && *contact) calls_.look_at((*contact)->id);
  uploads_.pump();  // a blocked person's files are given up
  dead_blobs_.pump();
  direct_.look_again();
  return done;
}

Result<FileTransfer> Engine::transfer(std::int64_t seq) {
  auto state = uploads_.state(seq);
  if (!state) return pass(state);
  if (*state) return std::move(**state);
  return FileTransfer{.message = seq, .complete = true};
}

void Engine::save(const SaveFile& request, std::chrono::milliseconds wait, Answer<FileTransfer> answer) {
  if (!core_.online() && !request.preview) go_online({});
  auto state = downloads_.save(request);
  if (!state || state->complete) return answer(std::move(state));
  const auto ended = [this, seq = state->message]() -> std::optional<Status> {
    if (!downloads_.ended(seq)) return std::nullopt;
    return Status();
  };
  wait_for(ended, wait,
           [this, request, answer = std::move(answer)](const Status&) { answer(downloads_.save(request)); });
}

void Engine::await(std::int64_t seq, Until until, std::chrono::milliseconds wait, Answer<Message> answer) {
  auto row = store_->messages.find(seq);
  if (!row) return answer(pass(row));
  if (!*row) return answer(fail(ExitCode::unexpected, "there is no such message"));
  if (reached((*row)->message, until)) return answer(Core::visible(**row));
  if (core_.relay && !core_.relay->online() && !core_.relay->busy() && core_.relay->failure())
    return answer(std::unexpected(*core_.relay->failure()));
  const auto waiter = waiters_.insert(waiters_.end(), {seq, until, std::move(answer), nullptr});
  waiter->deadline = core_.loop.after(wait, [this, waiter, until] {
    const auto late = std::move(waiter->answer);
    waiters_.erase(waiter);
    late(until == Until::delivered
             ? fail(ExitCode::not_delivered, "the peer has not confirmed the message yet: the server keeps it for them")
             : fail(ExitCode::timed_out, "the server did not take the message in time: it is kept and sent later"));
  });
}

void Engine::check_waiters(const Message& message) {
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    if (at->seq != message.seq || !reached(message, at->until)) {
      ++at;
      continue;
    }
    const auto answer = std::move(at->answer);
    at = waiters_.erase(at);
    core_.loop.post([answer, message] { answer(message); });
  }
}

// Who waits for it need not wait until it is tried again.
void Engine::tell_held_back(std::int64_t seq, const Error& why) {
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    if (at->seq != seq) {
      ++at;
      continue;
    }
    const auto answer = std::move(at->answer);
    at = waiters_.erase(at);
    core_.loop.post([answer, why] { answer(fail(ExitCode::queued, why.message)); });
  }
}

Result<std::vector<Message>> Engine::not_shown() {
  if (auto erased = housekeeping_.erase_expired(); !erased) return pass(erased);
  auto rows = store_->messages.not_shown(limits::history_rows);
  if (!rows) return pass(rows);
  std::vector<Message> out;
  for (const auto& row : *rows) out.push_back(Core::visible(row));
  return out;
}

Result<std::vector<Notice>> Engine::notices() {
  return store_->messages.notices_not_shown();
}

Status Engine::set_shown(const std::vector<std::int64_t>& messages, const std::vector<std::int64_t>& notices) {
  if (messages.empty() && notices.empty()) return {};
  auto settings = changes_.settings();
  if (!settings) return pass(settings);
  auto transaction = store_->begin();
  if (!transaction) return pass(transaction);
  for (const auto seq : messages) {
    if (auto done = store_->messages.set_shown(seq, core_.clock.now()); !done) return done;
    if (auto done = owe_read(seq, settings->read_receipts); !done) return done;
  }
  for (const auto seq : notices)
    if (auto done = store_->messages.set_notice_shown(seq); !done) return done;
  if (auto done = transaction->commit(); !done) return done;
  if (settings->read_receipts) outbox_.pump();
  return {};
}

// Only contacts are told, and only of what stands in the conversation on its own.
Status Engine::owe_read(std::int64_t seq, bool wanted) {
  if (!wanted) return {};
  auto row = store_->messages.find(seq);
  if (!row) return pass(row);
  if (!*row || (*row)->message.direction != Direction::incoming) return {};
  if ((*row)->message.kind != MessageKind::text && (*row)->message.kind != MessageKind::file) return {};
  auto contact = store_->contacts.find((*row)->contact);
  if (!contact) return pass(contact);
  if (!*contact || (*contact)->state != ContactState::accepted || (*contact)->barred) return {};
  return store_->messages.owe_read(seq);
}

Result<std::optional<ContactRow>> Engine::find_contact(std::string_view peer) {
  auto name = core_.contacts.parse(peer);
  if (!name) return pass(name);
  return store_->contacts.find(name->text());
}

Result<std::vector<Message>> Engine::find_files(const MessageQuery& query) {
  std::int64_t contact = 0;
  if (!query.peer.empty()) {
    auto found = find_contact(query.peer);
    if (!found) return pass(found);
    if (!*found) return unknown(query.peer);
    contact = (*found)->id;
  }
  const auto limit = std::min<std::size_t>(query.limit, limits::history_rows);
  auto rows = store_->messages.files(contact, core_.clock.now(), limit);
  if (!rows) return pass(rows);
  std::vector<Message> out;
  for (const auto& row : *rows) {
    auto& message = out.emplace_back(Core::visible(row));
    if (!message.file) continue;
    auto transfer = store_->transfers.find(message.seq);
    if (!transfer) return pass(transfer);
    const bool sent = message.direction == Direction::outgoing && message.status != MessageStatus::failed;
    message.file->transferred = *transfer ? (*transfer)->bytes() : sent ? message.file->size : 0;
  }
  return out;
}

Result<std::vector<Message>> Engine::find(const MessageQuery& query) {
  if (query.files) return find_files(query);
  MessageSearch::Where where{.contact = 0,
                             .words = query.words,
                             .since = query.since,
                             .before = query.before,
                             .after = query.after,
                             .limit = std::min<std::size_t>(query.limit, limits::history_rows),
                             .now = core_.clock.now()};
  if (!query.peer.empty()) {
    auto contact = find_contact(query.peer);
    if (!contact) return pass(contact);
    if (!*contact) return unknown(query.peer);
    where.contact = (*contact)->id;
  } else if (query.words.empty()) {
    return fail(ExitCode::usage, "whose messages? Give a name, or words to search for");
  }
  auto rows = store_->search.find(where);
  if (!rows) return pass(rows);
  std::vector<Message> out;
  for (const auto& row : *rows) out.push_back(Core::visible(row));
  return out;
}

Result<std::vector<Contact>> Engine::contacts() {
  auto rows = store_->contacts.all();
  if (!rows) return pass(rows);
  std::vector<Contact> out;
  for (const auto& row : *rows) {
    if (core_.contacts.is_self(row)) continue;
    if (row.record.empty() && !row.barred) continue;  // asked for, never found
    auto described = core_.contacts.describe(row);
    if (!described) return pass(described);
    described->direct = direct_.reaches(row);
    if (row.state == ContactState::stranger) {
      auto count = store_->contacts.messages(row.id);
      if (!count) return pass(count);
      described->messages = static_cast<std::uint64_t>(*count);
    }
    out.push_back(std::move(*described));
  }
  return out;
}

void Engine::known_contact(std::string_view peer, Answer<ContactRow> answer) {
  auto name = core_.contacts.parse(peer);
  if (!name) return answer(pass(name));
  if (*name == core_.account.name()) return answer(fail(ExitCode::invalid_name, "this is your own name"));
  auto contact = store_->contacts.find(name->text());
  if (!contact) return answer(pass(contact));
  if (*contact && !(*contact)->record.empty()) return answer(std::move(**contact));
  auto added = store_->contacts.find_or_add(name->text(), ContactState::stranger, core_.clock.now());
  if (!added) return answer(pass(added));
  if (!core_.online()) go_online({});
  const auto ask = [this, id = added->id, answer = std::move(answer)](const Status& online) {
    if (!online) return answer(std::unexpected(online.error()));
    directory_.fetch_record(id, [this, id, answer](const Status& status) {
      if (!status) return answer(std::unexpected(status.error()));
      auto found = store_->contacts.find(id);
      if (!found) return answer(pass(found));
      if (!*found) return answer(unknown(""));
      answer(std::move(**found));
    });
  };
  when_online(ask);
}

void Engine::when_online(Done done) {
  wait_for([this] { return connected_outcome(); }, limits::request_deadline, std::move(done));
}

std::optional<Status> Engine::connected_outcome() const {
  if (core_.online()) return Status();
  if (core_.relay && core_.relay->busy()) return std::nullopt;
  if (core_.relay && core_.relay->failure()) return std::unexpected(*core_.relay->failure());
  return std::unexpected(Error{ExitCode::unreachable, "not connected to the server"});
}

std::optional<Status> Engine::caught_up_outcome() const {
  if (sync_.failure()) return std::unexpected(*sync_.failure());
  const auto connected = connected_outcome();
  if (!connected || !*connected) return connected;
  const bool busy = asking_for_history_ || core_.relay->asking() || !outbox_.idle();
  if (sync_.caught_up() && maintained_ && !busy) return Status();
  return std::nullopt;
}

void Engine::wait_for(std::function<std::optional<Status>()> outcome, std::chrono::milliseconds wait, Done done) {
  if (const auto now = outcome()) return done(*now);
  conditions_.push_back({std::move(outcome), std::chrono::steady_clock::now() + wait, std::move(done)});
  if (!check_) check_conditions();
}

void Engine::check_conditions() {
  const auto now = std::chrono::steady_clock::now();
  for (auto at = conditions_.begin(); at != conditions_.end();) {
    auto outcome = at->outcome();
    if (!outcome && now >= at->deadline)
      outcome = fail(ExitCode::timed_out, "the server did not answer in the time given: try again");
    if (!outcome) {
      ++at;
      continue;
    }
    core_.loop.post([done = std::move(at->done), status = std::move(*outcome)] { done(status); });
    at = conditions_.erase(at);
  }
  check_ = conditions_.empty() ? nullptr : core_.loop.after(condition_interval, [this] { check_conditions(); });
}

void Engine::connect(std::chrono::milliseconds wait, Answer<Connection> answer) {
  if (!core_.online() && !(core_.relay && core_.relay->busy())) go_online({});
  wait_for([this] { return connected_outcome(); }, wait,
           [this, answer = std::move(answer)](const Status& status) {
             answer(status ? Result<Connection>(connection()) : std::unexpected(status.error()));
           });
}

void Engine::catch_up(std::chrono::milliseconds wait, Done done) {
  go_online({.subscribe = true, .keep = false});
  wait_for([this] { return caught_up_outcome(); }, wait, std::move(done));
}

void Engine::safety_number(std::string_view peer, Answer<SafetyNumber> answer) {
  known_contact(peer, [this, answer = std::move(answer)](Result<ContactRow> contact) {
    answer(contact ? core_.contacts.safety_number(*contact) : Result<SafetyNumber>(pass(contact)));
  });
}

void Engine::set_verified(std::string_view peer, bool verified, Done done) {
  known_contact(peer, [this, verified, done = std::move(done)](Result<ContactRow> contact) {
    if (!contact) return done(pass(contact));
    if (verified && contact->blocked())
      return done(fail(ExitCode::identity_changed, "the keys of " + contact->peer +
                                                       " have changed: look at the new safety number with "
                                                       "pqc-chat verify --accept " +
                                                       contact->peer + ", compare it, then verify"));
    auto transaction = store_->begin();
    if (!transaction) return done(pass(transaction));
    auto changed = store_->contacts.set_verified(contact->id, verified);
    if (changed && verified) changed = outbox_.accept(*contact);
    if (changed) changed = transaction->commit();
    if (changed && verified != contact->verified) report_verified(*contact, verified);
    // Not while a failed transaction is open: what it sealed would be undone after it was sent.
    if (changed) outbox_.pump();
    direct_.look_again();
    done(changed);
  });
}

void Engine::report_verified(const ContactRow& contact, bool verified) {
  using keys::audit::Kind;
  core_.account.report({.kind = verified ? Kind::verified : Kind::verification_withdrawn, .peer = contact.peer});
}

void Engine::accept(std::string_view peer, bool changed, Done done) {
  known_contact(peer, [this, changed, done = std::move(done)](Result<ContactRow> contact) {
    if (!contact) return done(pass(contact));
    const bool was_blocked = changed && contact->blocked();
    auto transaction = store_->begin();
    if (!transaction) return done(pass(transaction));
    Status status;
    if (was_blocked) status = core_.contacts.accept_changed(*contact);
    if (status) status = outbox_.accept(*contact);
    if (status) status = transaction->commit();
    if (!status) return done(status);
    if (was_blocked && contact->verified) report_verified(*contact, false);
    outbox_.pump();
    if (!was_blocked) return done(status);
    greet_anew(contact->id, done);
  });
}

// What they wrote with the keys that were refused until now is lost here: a new session makes them send it again.
// That is a courtesy: without a connection the keys are accepted all the same.
void Engine::greet_anew(std::int64_t id, Done done) {
  if (!core_.online()) go_online({});
  when_online([this, id, done = std::move(done)](const Status& online) {
    const auto contact = store_->contacts.find(id);
    if (!online || !contact || !*contact) return done({});
    const auto record = core_.contacts.pinned(**contact);
    if (!record || !*record) return done({});
    for (const auto& device : (*record)->record().devices) {
      if (device.state != identity::DeviceState::active) continue;
      sync_.restart(id, device.id, [](const Status&) {});
    }
    wait_for([this] { return settled_outcome(); }, limits::request_deadline, [done](const Status&) { done({}); });
  });
}

std::optional<Status> Engine::settled_outcome() const {
  const auto connected = connected_outcome();
  if (!connected || !*connected) return connected;
  if (outbox_.idle() && !core_.relay->asking()) return Status();
  return std::nullopt;
}

Result<SecretBytes> Engine::recording_key(ByteView header) {
  const auto parsed = recording::parse_header(header);
  if (!parsed) return fail(ExitCode::damaged, "this is no recording of a call");
  auto key = client::recording_key(core_.store, core_.rng, *parsed);
  if (!key) return pass(key);
  return SecretBytes(key->view());
}

void Engine::call(const CallRequest& request, Answer<CallInfo> answer) {
  const bool places = std::holds_alternative<PlaceCallRequest>(request);
  const bool takes =
      std::holds_alternative<AnswerCallRequest>(request) || std::holds_alternative<DeclineCallRequest>(request);
  // An offer, its end and what answers ours come through the mailbox.
  if (!calls_.may_begin() || !(places || takes)) return calls_.perform(request, std::move(answer));
  go_online({.subscribe = true, .keep = true});
  const auto ready = [this, places] { return places ? connected_outcome() : caught_up_outcome(); };
  wait_for(ready, limits::request_deadline, [this, request, answer = std::move(answer)](const Status& online) {
    if (!online) return answer(std::unexpected(online.error()));
    calls_.perform(request, answer);
  });
}

// Of an offer that another program of this profile took in, unless the mailbox says that the call is over.
void Engine::ring_waiting() {
  if (!calls_.has_waiting()) return;
  wait_for([this] { return caught_up_outcome(); }, limits::request_deadline,
           [this](const Status& caught_up) {
             if (caught_up) calls_.ring_waiting();
           });
}

Result<AccountInfo> Engine::whoami() {
  const auto& account = core_.account;
  const auto& row = account.row();
  AccountInfo out{.name = account.name().text(),
                  .device = row.device,
                  .host = row.host,
                  .port = row.port,
                  .fingerprint = net::to_text(*address().pin),
                  .suites = {},
                  .minimum_level = std::string(crypto::to_string(account.minimum_level())),
                  .record_version = account.record().version().value,
                  .record_expires = account.record().record().expires,
                  .registered = row.registered};
  auto settings = changes_.settings();
  if (!settings) return pass(settings);
  out.settings = *settings;
  for (const auto id : account.suites())
    if (const auto* suite = crypto::find_suite(id)) out.suites.emplace_back(suite->name);
  return out;
}

Status Engine::set_minimum_level(std::string_view level) {
  const auto parsed = crypto::parse_level(level);
  if (!parsed) return fail(ExitCode::usage, "the level is STANDARD, ENHANCED or QUANTUM_RESISTANT");
  return core_.account.set_minimum_level(*parsed);
}

}  // namespace pqc::client
