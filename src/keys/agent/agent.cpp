#include "keys/agent/agent.h"

#include "keys/agent/agent_impl.h"

namespace pqc::keys::agent {
namespace {

using agent_protocol::view;

Answer answer(const proto::Reply& reply, SecretBytes secret, bool close) {
  Answer out;
  reply.SerializeToString(&out.message);
  out.secret = std::move(secret);
  out.close = close;
  return out;
}

Answer failure(proto::Code code, std::chrono::milliseconds wait = {}) {
  proto::Reply reply;
  reply.mutable_failure()->set_code(code);
  if (code == proto::WAIT) reply.mutable_failure()->set_wait_milliseconds(static_cast<std::uint64_t>(wait.count()));
  return answer(reply, {}, code == proto::MALFORMED || code == proto::VERSION);
}

// Whether the connection's state, the secret's length and the request itself are as docs/spec/agent.md §4 says.
const Rule* admitted(const Session& session, const proto::Request& request, const SecretBytes& secret) {
  const auto* rule = find_rule(request.body_case());
  if (rule == nullptr || session.greeted == request.has_hello()) return nullptr;
  if (secret.size() < rule->min_secret || secret.size() > rule->max_secret) return nullptr;
  return rule;
}

}  // namespace

proto::Code code_of(vault::Error error) {
  switch (error) {
    case vault::Error::missing:
      return proto::ABSENT;
    case vault::Error::exists:
      return proto::EXISTS;
    case vault::Error::damaged:
      return proto::DAMAGED;
    case vault::Error::too_new:
      return proto::TOO_NEW;
    case vault::Error::wrong_secret:
      return proto::WRONG_SECRET;
    case vault::Error::wait:
      return proto::WAIT;
    case vault::Error::no_such_way:
      return proto::NO_SUCH_WAY;
    case vault::Error::last_way:
      return proto::LAST_WAY;
    case vault::Error::bad_secret:
      return proto::MALFORMED;
    case vault::Error::limit:
      return proto::LIMIT;
    case vault::Error::no_permission:
      return proto::PERMISSION;
    case vault::Error::disk_full:
      return proto::DISK_FULL;
    case vault::Error::busy:
    case vault::Error::io:
      return proto::STORAGE;
    case vault::Error::backend:
      return proto::INTERNAL;
  }
  return proto::INTERNAL;
}

vault::Way way_of(proto::Way way) {
  return static_cast<vault::Way>(way);
}

State Agent::Impl::state() const {
  if (open) return open->has_identity ? State::ready : State::empty;
  return around.folder.has(vault::files::vault) ? State::locked : State::absent;
}

void Agent::Impl::record(audit::Event event, audit::Source source) {
  if (event.kind == audit::Kind::refused) {
    const auto left_out = refusals.admit(around.clock.now());
    if (!left_out) return;
    if (*left_out > 0) event.count = *left_out;
  }
  around.log.add(event, source);
}

Handled Agent::Impl::dispatch(const proto::Request& request, const SecretBytes& secret, Outcome& out) {
  using proto::Request;
  out.reply.mutable_done();
  switch (request.body_case()) {
    case Request::kHello:
      return hello(request.hello(), out);
    case Request::kGetStatus:
      return status(out);
    case Request::kCreateVault:
      return create_vault(request.create_vault(), secret.view());
    case Request::kUnlock:
      return unlock(request.unlock(), secret.view());
    case Request::kChangePassphrase:
      return change_passphrase(secret.view());
    case Request::kSetKeyring:
      return set_keyring(request.set_keyring(), secret.view(), out);
    case Request::kSetKeyFile:
      return set_key_file(request.set_key_file(), secret.view());
    case Request::kGetStoreKey:
      out.secret = SecretBytes(open->store_key.view());
      return {};
    case Request::kWitness:
      return witness(request.witness());
    case Request::kRecord:
      return report(request.record());
    case Request::kCreateIdentity:
      return create_identity(request.create_identity(), out);
    case Request::kGetIdentity:
      return get_identity(out);
    case Request::kSignRecord:
      return sign_record(request.sign_record(), out);
    case Request::kSign:
      return sign(request.sign(), out);
    case Request::kGenerateBatch:
      return generate_batch(request.generate_batch(), out);
    case Request::kListBatches:
      return list_batches(out);
    case Request::kDestroyExpired:
      return destroy_expired(request.destroy_expired());
    case Request::kDestroyBatch:
      return destroy_batch(request.destroy_batch());
    case Request::kInitiate:
      return initiate(request.initiate(), out);
    case Request::kRespond:
      return respond(request.respond(), out);
    case Request::kForget:
      return forget(request.forget());
    case Request::kDiscardIdentity:
      return discard_identity();
    case Request::kLock:
    case Request::BODY_NOT_SET:
      break;
  }
  return std::unexpected(proto::MALFORMED);
}

Agent::Agent(Surroundings surroundings) : impl_(std::make_unique<Impl>(std::move(surroundings))) {}
Agent::~Agent() = default;

bool Agent::unlocked() const {
  return impl_->open.has_value();
}

void Agent::lock(std::string_view reason) {
  if (!impl_->open) return;
  impl_->open.reset();
  impl_->record({.kind = audit::Kind::locked, .reason = std::string(reason)});
}

Answer Agent::handle(Session& session, ByteView message, SecretBytes secret) {
  proto::Request request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return failure(proto::MALFORMED);
  const auto* rule = admitted(session, request, secret);
  if (rule == nullptr) return failure(proto::MALFORMED);
  const auto state = impl_->state();
  if (!contains(rule->states, state)) return failure(refusal(*rule, state));
  Outcome out;
  if (request.has_lock()) {
    lock("asked");
    out.reply.mutable_done();
    return answer(out.reply, {}, false);
  }
  const auto handled = impl_->dispatch(request, secret, out);
  if (!handled) {
    const vault::Attempts attempts(impl_->around.folder, impl_->around.clock);
    return failure(handled.error(), attempts.time_left());
  }
  session.greeted = true;
  return answer(out.reply, std::move(out.secret), false);
}

}  // namespace pqc::keys::agent
