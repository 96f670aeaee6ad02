// Requests that the key holder answers (docs/spec/agent.md §5): values are rebuilt, handed over, and what changed is in
// the vault before the answer leaves.
#include "keys/agent/agent_impl.h"

namespace pqc::keys::agent {
namespace {

using agent_protocol::put;
using agent_protocol::take;
using agent_protocol::take_session_id;
using agent_protocol::take_suite;
using agent_protocol::text;

constexpr auto malformed = std::unexpected(proto::MALFORMED);

std::unexpected<proto::Code> failed(Error error) {
  return std::unexpected(agent_protocol::code_of(error));
}

std::string suite_name(crypto::SuiteId id) {
  const auto* suite = crypto::find_suite(id);
  return suite == nullptr ? std::to_string(crypto::number(id)) : std::string(suite->name);
}

std::optional<std::vector<crypto::SuiteId>> take_suites(const proto::CreateIdentity& request) {
  if (request.suites_size() > static_cast<int>(crypto::all_suites().size())) return std::nullopt;
  std::vector<crypto::SuiteId> suites;
  for (const auto number : request.suites()) {
    const auto suite = take_suite(number);
    if (!suite) return std::nullopt;
    suites.push_back(*suite);
  }
  return suites;
}

bool refusal_worth_a_line(Error error) {
  return error == Error::refused || error == Error::replayed || error == Error::mismatch ||
         error == Error::unknown_prekey;
}

}  // namespace

Handled Agent::Impl::create_identity(const proto::CreateIdentity& request, Outcome& out) {
  const auto address = take(request.address());
  const auto suites = take_suites(request);
  if (!address || !suites) return malformed;
  auto& holder = *open->holder;
  const auto made = request.further_device() ? holder.create_device(address->account, address->device, *suites)
                                             : holder.create(address->account, address->device, *suites);
  if (!made) return failed(made.error());
  if (const auto persisted = persist(); !persisted) return persisted;
  open->has_identity = true;
  put(*out.reply.mutable_identity(), *made);
  std::string names;
  for (const auto id : *suites) names += (names.empty() ? "" : " ") + suite_name(id);
  if (request.further_device()) names += " further device";
  record({.kind = audit::Kind::identity_created, .reason = names});
  return {};
}

Handled Agent::Impl::get_identity(Outcome& out) const {
  const auto identity = open->holder->public_identity();
  if (!identity) return failed(identity.error());
  put(*out.reply.mutable_identity(), *identity);
  return {};
}

Handled Agent::Impl::discard_identity() {
  if (const auto discarded = open->holder->discard(); !discarded) return failed(discarded.error());
  if (const auto persisted = persist(); !persisted) return persisted;
  open->has_identity = false;
  record({.kind = audit::Kind::identity_discarded});
  return {};
}

Handled Agent::Impl::sign_record(const proto::SignRecord& request, Outcome& out) {
  const auto wanted = take(request);
  if (!wanted) return malformed;
  const auto signed_record = open->holder->sign_record(*wanted);
  if (!signed_record) return failed(signed_record.error());
  if (const auto persisted = persist_changes(); !persisted) return persisted;
  out.reply.mutable_signed_()->set_bytes(text(*signed_record));
  record({.kind = audit::Kind::record_signed, .count = wanted->version.value});
  return {};
}

Handled Agent::Impl::sign(const proto::Sign& request, Outcome& out) {
  const auto statement = take(request);
  if (!statement) return malformed;
  const auto signature = open->holder->sign(*statement);
  if (!signature) return failed(signature.error());
  out.reply.mutable_signed_()->set_bytes(text(*signature));
  return {};
}

Handled Agent::Impl::generate_batch(const proto::GenerateBatch& request, Outcome& out) {
  const auto suite = take_suite(request.suite());
  if (!suite || request.now() < 0) return malformed;
  const auto batch = open->holder->generate_batch(*suite, request.size(), {request.now()});
  if (!batch) return failed(batch.error());
  if (const auto persisted = persist_changes(); !persisted) return persisted;
  put(*out.reply.mutable_batch(), *batch);
  record({.kind = audit::Kind::prekeys_created, .suite = suite_name(*suite), .count = request.size()});
  return {};
}

Handled Agent::Impl::list_batches(Outcome& out) const {
  auto& batches = *out.reply.mutable_batches();
  for (const auto& status : open->holder->batches()) put(*batches.add_batches(), status);
  return {};
}

Handled Agent::Impl::destroy_expired(const proto::DestroyExpired& request) {
  if (request.now() < 0) return malformed;
  const auto before = open->holder->batches().size();
  if (const auto done = open->holder->destroy_expired({request.now()}); !done) return failed(done.error());
  const auto destroyed = before - open->holder->batches().size();
  if (const auto persisted = persist_changes(); !persisted) return persisted;
  if (destroyed > 0) record({.kind = audit::Kind::prekeys_destroyed, .count = destroyed});
  return {};
}

Handled Agent::Impl::destroy_batch(const proto::DestroyBatch& request) {
  if (const auto done = open->holder->destroy_batch({request.batch()}); !done) return failed(done.error());
  return persist_changes();
}

Handled Agent::Impl::initiate(const proto::Initiate& request, Outcome& out) {
  const auto peer = take(request);
  if (!peer) return malformed;
  const auto session = open->holder->initiate(*peer, {request.own_record()});
  if (!session) return failed(session.error());
  auto& initiated = *out.reply.mutable_initiated();
  initiated.set_session_id(text(session->id));
  initiated.set_initial_part(text(session->initial_part));
  out.secret = SecretBytes(session->secret.view());
  return {};
}

Handled Agent::Impl::respond(const proto::Respond& request, Outcome& out) {
  const auto part = pqxdh::InitialPart::decode(agent_protocol::view(request.initial_part()));
  const auto initiator = take(request.initiator());
  if (!part || !initiator) return malformed;
  const auto session = open->holder->respond(*part, *initiator);
  if (!session) {
    if (refusal_worth_a_line(session.error()))
      record({.kind = audit::Kind::refused,
              .peer = request.unnamed() ? std::string() : initiator->address.account.text(),
              .reason = std::string(keys::name_of(session.error()))});
    return failed(session.error());
  }
  auto& responded = *out.reply.mutable_responded();
  responded.set_session_id(text(session->id));
  responded.set_signature(text(session->signature));
  put(*responded.mutable_prekeys(), session->prekeys);
  out.secret = SecretBytes(session->secret.view());
  return {};
}

Handled Agent::Impl::forget(const proto::Forget& request) {
  const auto prekeys = take(request.prekeys());
  const auto session = take_session_id(request.session_id());
  if (!prekeys || !session) return malformed;
  if (const auto done = open->holder->forget(*prekeys, *session); !done) return failed(done.error());
  return persist_changes();
}

}  // namespace pqc::keys::agent
