#include "keys/agent_client/agent_client.h"

#include "keys/agent_client/link.h"
#include "keys/agent_protocol/frame.h"

namespace pqc::keys::agent_client {
namespace {

using proto::Reply;
using proto::Request;

Result<void> done(Result<Replied> replied) {
  if (!replied) return std::unexpected(replied.error());
  return {};
}

// The secret of a reply that is a key of 32 bytes.
template <class Key>
Result<Key> key_of(const Result<Replied>& replied) {
  if (!replied) return std::unexpected(replied.error());
  if (replied->secret.size() != Key::size) return std::unexpected(Failure{.error = Error::internal});
  Key key;
  std::ranges::copy(replied->secret.view(), key.fill().begin());
  return key;
}

std::optional<Error> problem_of(proto::Code code) {
  switch (code) {
    case proto::CODE_NONE:
      return std::nullopt;
    case proto::DAMAGED:
      return Error::damaged;
    case proto::TOO_NEW:
      return Error::too_new;
    case proto::PERMISSION:
      return Error::no_permission;
    default:
      return Error::storage;
  }
}

Status from(const proto::Status& in) {
  Status out;
  out.state = static_cast<State>(in.state());
  out.vault_id = to_bytes(as_bytes(in.vault_id()));
  out.generation = in.generation();
  for (const auto way : in.ways()) out.ways.push_back(static_cast<Way>(way));
  out.argon2_memory_kib = in.argon2_memory_kib();
  out.argon2_passes = in.argon2_passes();
  out.failed_attempts = in.failed_attempts();
  out.wait = std::chrono::milliseconds(in.wait_milliseconds());
  out.vault_rolled_back = in.vault_rolled_back();
  out.store_rolled_back = in.store_rolled_back();
  out.audit_ok = in.audit_ok();
  for (const auto& measure : in.measures()) out.measures.push_back({measure.name(), measure.holds(), measure.detail()});
  out.arena_in_use = in.arena_in_use();
  out.arena_overflowed = in.arena_overflowed();
  out.vault_problem = problem_of(in.vault_problem());
  return out;
}

}  // namespace

AgentClient::AgentClient(Location location, std::uint64_t minimum_generation)
    : link_(std::make_unique<Link>(std::move(location), minimum_generation)) {}
AgentClient::~AgentClient() = default;

void AgentClient::when_locked(std::function<bool()> unlock) {
  link_->when_locked(std::move(unlock));
}

void AgentClient::expect_generation(std::uint64_t minimum_generation) {
  link_->expect_generation(minimum_generation);
}

Result<Status> AgentClient::status() {
  Request request;
  request.mutable_get_status();
  const auto replied = link_->ask(request, Reply::kStatus);
  if (!replied) return std::unexpected(replied.error());
  return from(replied->reply.status());
}

Result<void> AgentClient::create_vault(ByteView passphrase, bool key_file) {
  Request request;
  request.mutable_create_vault()->set_key_file(key_file);
  return done(link_->ask(request, Reply::kDone, passphrase, false));
}

Result<void> AgentClient::unlock(Way way, ByteView secret) {
  Request request;
  request.mutable_unlock()->set_way(static_cast<proto::Way>(way));
  return done(link_->ask(request, Reply::kDone, secret));
}

Result<void> AgentClient::lock() {
  Request request;
  request.mutable_lock();
  return done(link_->ask(request, Reply::kDone));
}

Result<void> AgentClient::end_agent() {
  return link_->end_agent();
}

Result<void> AgentClient::change_passphrase(ByteView old_passphrase, ByteView new_passphrase) {
  Request request;
  request.mutable_change_passphrase();
  const auto both = agent_protocol::join_secrets(old_passphrase, new_passphrase);
  return done(link_->ask(request, Reply::kDone, both.view(), false));
}

Result<KeyringSecret> AgentClient::enable_keyring(ByteView passphrase) {
  Request request;
  request.mutable_set_keyring()->set_enable(true);
  return key_of<KeyringSecret>(link_->ask(request, Reply::kDone, passphrase, false));
}

Result<void> AgentClient::disable_keyring() {
  Request request;
  request.mutable_set_keyring();
  return done(link_->ask(request, Reply::kDone, {}, false));
}

Result<void> AgentClient::enable_key_file(ByteView passphrase) {
  Request request;
  request.mutable_set_key_file()->set_enable(true);
  return done(link_->ask(request, Reply::kDone, passphrase));
}

Result<void> AgentClient::disable_key_file() {
  Request request;
  request.mutable_set_key_file();
  return done(link_->ask(request, Reply::kDone));
}

Result<StoreKey> AgentClient::store_key() {
  Request request;
  request.mutable_get_store_key();
  return key_of<StoreKey>(link_->ask(request, Reply::kDone));
}

Result<void> AgentClient::witness(std::uint64_t generation) {
  Request request;
  request.mutable_witness()->set_generation(generation);
  return done(link_->ask(request, Reply::kDone));
}

Result<void> AgentClient::record(const audit::Event& event) {
  Request request;
  auto& record = *request.mutable_record();
  record.set_kind(static_cast<std::uint32_t>(event.kind));
  record.set_peer(event.peer);
  record.set_level(event.level);
  record.set_suite(event.suite);
  record.set_reason(event.reason);
  return done(link_->ask(request, Reply::kDone, {}, false));
}

}  // namespace pqc::keys::agent_client
