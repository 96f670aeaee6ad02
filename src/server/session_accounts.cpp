// Session: login, registration, account records.
#include <utility>

#include "base/log.h"
#include "identity/limits.h"
#include "net/relay_link.h"
#include "server/directory/directory.h"
#include "server/session.h"

namespace pqc::server {
namespace {

constexpr Rate refusal_line_rate{refusal_lines_per_second, refusal_lines_burst};

// The key of a table of rates.
std::string text_of(const net::AddressKey& address) {
  return {address.begin(), address.end()};
}

}  // namespace

std::expected<accounts::Binding, accounts::Refusal> Session::binding() const {
  const auto exporter = connection_->exporter(net::login_exporter_label);
  if (!exporter) return std::unexpected(accounts::Refusal{v1::ERROR_REFUSED, "no exporter"});
  return accounts::Binding{services_.fingerprint.bytes, challenge_, *exporter};
}

void Session::login(std::uint64_t id, const v1::Login& request) {
  if (state_ != State::stranger || link_) return refuse(id, {v1::ERROR_REFUSED, "logged in already"});
  if (++attempts_ > max_login_attempts)
    return close(v1::ERROR_RATE_LIMITED, "too many attempts", net::CloseCode::policy);
  const auto account = accounts::parse_account(request.account(), services_.server_name);
  if (!account) return refuse(id, account.error());
  state_ = State::checking;
  attempt_came_ = request_came_;
  const auto suite = request.suite() <= 0xFFFF ? static_cast<std::uint16_t>(request.suite()) : std::uint16_t{0};
  auto find = [name = account->text(), device = request.device(), suite](storage::Store& store) {
    return store.find_login(name, device, suite);
  };
  const bool waiting = store(id, request.signature().size(), std::move(find),
                             [id, request](Session& self, auto data) { self.check_login(id, request, data); });
  if (!waiting) state_ = State::stranger;
}

void Session::check_login(std::uint64_t id, const v1::Login& request,
                          const storage::Result<std::optional<storage::LoginData>>& data) {
  state_ = State::stranger;
  if (!data) return fail(id, v1::ERROR_UNAVAILABLE);
  const auto bound = binding();
  if (!bound) return refuse(id, bound.error(), attempt_came_);
  const bool is_known = data->has_value();
  const auto key = is_known ? ByteView((*data)->signature_key) : services_.decoys.key(request.suite(), services_.rng);
  const auto valid = accounts::verify_login(request, *bound, key);
  if (!is_known) return refuse(id, {v1::ERROR_REFUSED, "unknown account, device or suite"}, attempt_came_);
  if (!valid) return refuse(id, valid.error(), attempt_came_);
  const auto& known = **data;
  ++services_.counters.logins;
  become({known.mailbox, request.account(), request.device(), known.account});
  answer_login(id, known.record_version, known.generation, request.generation());
}

void Session::become(relay::Sender owner) {
  state_ = State::logged_in;
  challenge_ = {};
  owner_ = std::make_shared<const relay::Sender>(std::move(owner));
  services_.online.emplace(owner_->mailbox.value, this);
  services_.people.emplace(owner_->account, this);
  connection_->set_logged_in();
}

void Session::answer_login(std::uint64_t id, std::uint64_t record_version, std::uint64_t last_generation,
                           std::uint64_t generation) {
  auto finish = [mailbox = owner_->mailbox, last_generation,
                 generation](storage::Store& store) -> storage::Result<std::vector<v1::PrekeyCount>> {
    if (generation > last_generation) {
      if (auto raised = store.set_generation(mailbox, generation); !raised) return std::unexpected(raised.error());
    }
    return directory::status(store, mailbox);
  };
  store(id, 0, std::move(finish), [id, record_version, last_generation](Session& self, auto counts) {
    if (!counts) return self.fail(id, v1::ERROR_UNAVAILABLE);
    auto& done = *self.answer(id).mutable_logged_in();
    done.set_account(self.owner_->account);
    done.set_device(self.owner_->device);
    done.set_record_version(record_version);
    done.set_last_generation(last_generation);
    for (auto& entry : *counts) *done.add_prekeys() = std::move(entry);
    done.set_token(self.issue_token());
    self.send(self.services_.answer);
  });
}

// The answer says no more than its code, and comes at one time after the request, however long it took to refuse it.
void Session::refuse(std::uint64_t id, accounts::Refusal refusal, std::chrono::steady_clock::time_point came) {
  ++services_.counters.refused;
  if (services_.refusal_lines.take(refusal_line_rate, request_came_)) {
    log(LogLevel::info, "refused",
        {{"reason", refusal.reason},
         {"code", v1::ErrorCode_Name(refusal.code)},
         {"not_logged_before", std::exchange(services_.refusals_not_logged, 0)}});
  } else {
    ++services_.refusals_not_logged;
  }
  if (refusal.code != v1::ERROR_REFUSED) return fail(id, refusal.code);
  services_.at(came + refusal_delay, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->fail(id, v1::ERROR_REFUSED);
  });
}

void Session::enrol(std::uint64_t id, const v1::Register& request) {
  if (state_ != State::stranger || link_) return refuse(id, {v1::ERROR_REFUSED, "logged in already"});
  if (++attempts_ > max_login_attempts)
    return close(v1::ERROR_RATE_LIMITED, "too many attempts", net::CloseCode::policy);
  const auto& address = connection_->address();
  if (!net::is_loopback(address) && !services_.registrations.take(text_of(address))) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  const auto& token = request.invite_token();
  if (services_.invite_only && token.empty()) return fail(id, v1::ERROR_INVITE_REQUIRED);
  if (services_.invite_only && !accounts::hash_invite_token(token, {})) return fail(id, v1::ERROR_INVITE_INVALID);
  if (request.account_record().size() > identity::max_record_size) return fail(id, v1::ERROR_TOO_LARGE);
  const auto bound = binding();
  if (!bound) return refuse(id, bound.error());
  auto record = accounts::verify_registration(request, *bound, services_.server_name, services_.clock.now());
  if (!record) return refuse(id, record.error());
  const auto reserved = accounts::reserved_name(record->account);
  std::optional<storage::TokenHash> invite;
  if (services_.invite_only || !reserved.empty()) {
    if (token.empty()) return fail(id, v1::ERROR_INVITE_REQUIRED);
    invite = accounts::hash_invite_token(token, reserved);
    if (!invite) return fail(id, v1::ERROR_INVITE_INVALID);
  }
  register_account(id, std::move(*record), invite, request.device(), request.generation());
}

void Session::register_account(std::uint64_t id, accounts::NewRecord record, std::optional<storage::TokenHash> invite,
                               std::uint32_t device, std::uint64_t generation) {
  state_ = State::checking;
  const auto shared = std::make_shared<const accounts::NewRecord>(std::move(record));
  auto create = [shared, device, invite, generation, now = services_.clock.now()](storage::Store& store) {
    return accounts::create(store, *shared, device, invite, generation, now);
  };
  const bool waiting =
      store(id, shared->bytes.size(), std::move(create), [id, shared, device](Session& self, const auto& made) {
        self.state_ = State::stranger;
        if (!made) return self.fail(id, v1::ERROR_UNAVAILABLE);
        if (made->error != v1::ERROR_UNSPECIFIED) return self.fail(id, made->error);
        ++self.services_.counters.registrations;
        log(LogLevel::info, "registered");
        self.become({made->mailbox, shared->account, device, made->account});
        self.answer_login(id, shared->version, 0, 0);
      });
  if (!waiting) state_ = State::stranger;
}

void Session::publish_record(std::uint64_t id, const v1::PublishAccountRecord& request) {
  if (request.account_record().size() > identity::max_record_size) return fail(id, v1::ERROR_TOO_LARGE);
  if (!services_.publishes.take(owner_->account_id.value)) return fail(id, v1::ERROR_RATE_LIMITED);
  auto find = [owner = owner_](storage::Store& store) { return store.find_account(owner->account); };
  store(id, request.account_record().size(), std::move(find),
        [id, next = to_bytes(as_bytes(request.account_record()))](Session& self, const auto& stored) {
          if (!stored) return self.fail(id, v1::ERROR_UNAVAILABLE);
          if (!*stored) return self.fail(id, v1::ERROR_UNKNOWN_ACCOUNT);
          self.replace_record(id, next, **stored);
        });
}

void Session::replace_record(std::uint64_t id, const Bytes& next, const storage::Account& stored) {
  auto record = accounts::verify_successor(stored.record, next, owner_->account, services_.clock.now());
  if (!record) return refuse(id, record.error());
  const auto shared = std::make_shared<const accounts::NewRecord>(std::move(*record));
  auto replace = [shared, account = stored.id, version = stored.version](storage::Store& store) {
    return accounts::replace(store, account, version, *shared);
  };
  job_waits(shared->bytes.size());
  // Who is revoked goes, even when the connection that said so has gone meanwhile.
  using Replaced = std::invoke_result_t<decltype(replace)&, storage::Store&>;
  auto report = [weak = weak_from_this(), &services = services_, id, shared](const Replaced& replaced) {
    const auto self = weak.lock();
    if (self) self->job_done(shared->bytes.size());
    if (self && self->is_open()) self->answer_replaced(id, shared->version, replaced);
    if (replaced && *replaced) throw_out(services, **replaced);
  };
  if (services_.storage.submit(shared->bytes.size(), std::move(replace), std::move(report))) return;
  job_done(shared->bytes.size());
  fail(id, v1::ERROR_UNAVAILABLE);
}

void Session::answer_replaced(std::uint64_t id, std::uint64_t version,
                              const storage::Result<std::optional<std::vector<storage::MailboxId>>>& replaced) {
  if (!replaced) return fail(id, v1::ERROR_UNAVAILABLE);
  if (!*replaced) return fail(id, v1::ERROR_CONFLICT);
  answer(id).mutable_record_published()->set_version(version);
  send(services_.answer);
}

void Session::throw_out(Services& services, const std::vector<storage::MailboxId>& revoked) {
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto mailbox : revoked) {
    const auto [begin, end] = services.online.equal_range(mailbox.value);
    for (auto it = begin; it != end; ++it) sessions.push_back(it->second->shared_from_this());
  }
  for (const auto& session : sessions) session->close(v1::ERROR_REFUSED, "", net::CloseCode::policy);
}

void Session::fetch_account(std::uint64_t id, const v1::FetchAccount& request) {
  if (!may_look_up(id)) return;
  const auto account = accounts::parse_account(request.account(), services_.server_name);
  if (!account) return fail(id, account.error().code);
  auto find = [name = account->text()](storage::Store& store) { return store.find_account(name); };
  store(id, 0, std::move(find), [id, known = request.known_version()](Session& self, const auto& found) {
    if (!found) return self.fail(id, v1::ERROR_UNAVAILABLE);
    if (!*found) return self.fail(id, v1::ERROR_UNKNOWN_ACCOUNT);
    auto& out = *self.answer(id).mutable_account();
    out.set_version((*found)->version);
    if ((*found)->version != known) out.set_account_record((*found)->record.data(), (*found)->record.size());
    self.send(self.services_.answer);
  });
}

void Session::whoami(std::uint64_t id) {
  auto measure = [mailbox = owner_->mailbox](storage::Store& store) { return store.usage(mailbox); };
  store(id, 0, std::move(measure), [id](Session& self, const auto& usage) {
    if (!usage) return self.fail(id, v1::ERROR_UNAVAILABLE);
    auto& out = *self.answer(id).mutable_identity();
    out.set_account(self.owner_->account);
    out.set_device(self.owner_->device);
    out.set_mailbox_items(usage->items);
    out.set_mailbox_bytes(usage->bytes);
    out.set_server_time(self.services_.clock.now().value);
    self.send(self.services_.answer);
  });
}

}  // namespace pqc::server
