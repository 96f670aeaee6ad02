#include "keys/agent_client/agent_key_holder.h"

#include "keys/agent_client/link.h"

namespace pqc::keys::agent_client {
namespace {

using agent_protocol::put;
using agent_protocol::take;
using agent_protocol::text;
using proto::Reply;
using proto::Request;

constexpr auto not_understood = std::unexpected(keys::Error::backend);

std::unexpected<keys::Error> failed(const Result<Replied>& replied) {
  return std::unexpected(to_keys_error(replied.error()));
}

template <class T>
keys::Result<T> value_or_backend(std::optional<T> taken) {
  if (!taken) return not_understood;
  return *std::move(taken);
}

keys::Result<Bytes> signed_bytes(const Result<Replied>& replied) {
  if (!replied) return failed(replied);
  return to_bytes(as_bytes(replied->reply.signed_().bytes()));
}

keys::Result<pqxdh::SessionSecret> secret_of(const Replied& replied) {
  if (replied.secret.size() != pqxdh::SessionSecret::size) return not_understood;
  return pqxdh::SessionSecret(replied.secret.view().first<pqxdh::SessionSecret::size>());
}

}  // namespace

keys::Result<PublicIdentity> AgentKeyHolder::create(const identity::AccountName& account, identity::DeviceId device,
                                                    std::span<const crypto::SuiteId> suites) {
  return create_keys(account, device, suites, false);
}

keys::Result<PublicIdentity> AgentKeyHolder::create_device(const identity::AccountName& account,
                                                           identity::DeviceId device,
                                                           std::span<const crypto::SuiteId> suites) {
  return create_keys(account, device, suites, true);
}

keys::Result<PublicIdentity> AgentKeyHolder::create_keys(const identity::AccountName& account,
                                                         identity::DeviceId device,
                                                         std::span<const crypto::SuiteId> suites, bool further) {
  Request request;
  request.mutable_create_identity()->set_further_device(further);
  put(*request.mutable_create_identity()->mutable_address(), account, device);
  for (const auto suite : suites) request.mutable_create_identity()->add_suites(crypto::number(suite));
  const auto replied = client_.link().ask(request, Reply::kIdentity, {}, false);
  if (!replied) return failed(replied);
  return value_or_backend(take(replied->reply.identity()));
}

keys::Result<PublicIdentity> AgentKeyHolder::public_identity() const {
  Request request;
  request.mutable_get_identity();
  const auto replied = client_.link().ask(request, Reply::kIdentity);
  if (!replied) return failed(replied);
  return value_or_backend(take(replied->reply.identity()));
}

keys::Result<void> AgentKeyHolder::discard() {
  Request request;
  request.mutable_discard_identity();
  const auto replied = client_.link().ask(request, Reply::kDone, {}, false);
  if (!replied) return failed(replied);
  return {};
}

keys::Result<Bytes> AgentKeyHolder::sign_record(const identity::AccountRecord& record) {
  Request request;
  put(*request.mutable_sign_record(), record);
  return signed_bytes(client_.link().ask(request, Reply::kSigned));
}

keys::Result<Bytes> AgentKeyHolder::sign(const identity::Statement& statement) {
  Request request;
  put(*request.mutable_sign(), statement);
  return signed_bytes(client_.link().ask(request, Reply::kSigned));
}

keys::Result<pqxdh::PrekeyBatch> AgentKeyHolder::generate_batch(crypto::SuiteId suite, std::uint32_t size,
                                                                UnixMillis now) {
  Request request;
  auto& generate = *request.mutable_generate_batch();
  generate.set_suite(crypto::number(suite));
  generate.set_size(size);
  generate.set_now(now.value);
  const auto replied = client_.link().ask(request, Reply::kBatch, {}, false);
  if (!replied) return failed(replied);
  return value_or_backend(take(replied->reply.batch()));
}

std::vector<BatchStatus> AgentKeyHolder::batches() const {
  Request request;
  request.mutable_list_batches();
  const auto replied = client_.link().ask(request, Reply::kBatches);
  std::vector<BatchStatus> out;
  if (!replied) return out;
  for (const auto& status : replied->reply.batches().batches())
    if (const auto taken = take(status)) out.push_back(*taken);
  return out;
}

keys::Result<void> AgentKeyHolder::destroy_expired(UnixMillis now) {
  Request request;
  request.mutable_destroy_expired()->set_now(now.value);
  const auto replied = client_.link().ask(request, Reply::kDone);
  if (!replied) return failed(replied);
  return {};
}

keys::Result<void> AgentKeyHolder::destroy_batch(pqxdh::BatchId batch) {
  Request request;
  request.mutable_destroy_batch()->set_batch(batch.value);
  const auto replied = client_.link().ask(request, Reply::kDone);
  if (!replied) return failed(replied);
  return {};
}

keys::Result<pqxdh::Initiated> AgentKeyHolder::initiate(const pqxdh::VerifiedBundle& peer,
                                                        identity::RecordVersion own_record) {
  Request request;
  put(*request.mutable_initiate(), peer, own_record);
  const auto replied = client_.link().ask(request, Reply::kInitiated);
  if (!replied) return failed(replied);
  const auto& initiated = replied->reply.initiated();
  auto secret = secret_of(*replied);
  const auto id = agent_protocol::take_session_id(initiated.session_id());
  if (!secret || !id) return not_understood;
  return pqxdh::Initiated{*std::move(secret), *id, to_bytes(as_bytes(initiated.initial_part()))};
}

keys::Result<pqxdh::Unconfirmed> AgentKeyHolder::respond(const pqxdh::InitialPart& part,
                                                         const identity::DeviceIdentity& initiator) {
  Request request;
  request.mutable_respond()->set_initial_part(text(part.encode()));
  put(*request.mutable_respond()->mutable_initiator(), initiator);
  request.mutable_respond()->set_unnamed(names_nobody_);
  const auto replied = client_.link().ask(request, Reply::kResponded);
  if (!replied) return failed(replied);
  const auto& responded = replied->reply.responded();
  auto secret = secret_of(*replied);
  const auto id = agent_protocol::take_session_id(responded.session_id());
  const auto prekeys = take(responded.prekeys());
  if (!secret || !id || !prekeys) return not_understood;
  return pqxdh::Unconfirmed{*std::move(secret), *id, to_bytes(as_bytes(responded.signature())), *prekeys, part.sender};
}

keys::Result<void> AgentKeyHolder::forget(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session) {
  Request request;
  put(*request.mutable_forget()->mutable_prekeys(), prekeys);
  request.mutable_forget()->set_session_id(text(session));
  const auto replied = client_.link().ask(request, Reply::kDone);
  if (!replied) return failed(replied);
  return {};
}

}  // namespace pqc::keys::agent_client
