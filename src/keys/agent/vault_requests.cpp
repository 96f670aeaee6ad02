// Requests about the vault and the agent itself.
#include "keys/agent/agent_impl.h"
#include "keys/agent_protocol/frame.h"
#include "keys/agent_protocol/limits.h"
#include "keys/vault/limits.h"

namespace pqc::keys::agent {
namespace {

using agent_protocol::text;

proto::AgentState to_proto(State state) {
  switch (state) {
    case State::absent:
      return proto::STATE_ABSENT;
    case State::locked:
      return proto::STATE_LOCKED;
    case State::empty:
      return proto::STATE_EMPTY;
    case State::ready:
      return proto::STATE_READY;
  }
  return proto::STATE_NONE;
}

Handled from(const vault::Result<void>& result) {
  if (!result) return std::unexpected(code_of(result.error()));
  return {};
}

std::string_view name_of(vault::Way way) {
  switch (way) {
    case vault::Way::passphrase:
      return "passphrase";
    case vault::Way::keyring:
      return "keyring";
    case vault::Way::key_file:
      return "key_file";
  }
  return "";
}

void put_header(proto::Status& out, const vault::Header& header) {
  out.set_vault_id(text(header.id));
  out.set_generation(header.generation);
  for (const auto& slot : header.slots) {
    out.add_ways(static_cast<proto::Way>(slot.way));
    if (slot.way != vault::Way::passphrase) continue;
    out.set_argon2_memory_kib(slot.argon2.memory_kib);
    out.set_argon2_passes(slot.argon2.passes);
  }
}

}  // namespace

Handled Agent::Impl::hello(const proto::Hello& request, Outcome& out) {
  if (request.version() != agent_protocol::protocol_version) return std::unexpected(proto::VERSION);
  minimum_generation = std::max(minimum_generation, request.minimum_generation());
  check_generation();
  out.reply.mutable_welcome()->set_version(agent_protocol::protocol_version);
  out.reply.mutable_welcome()->set_state(to_proto(state()));
  return {};
}

Handled Agent::Impl::status(Outcome& out) const {
  auto& status = *out.reply.mutable_status();
  status.set_state(to_proto(state()));
  if (open) {
    put_header(status, open->vault.header());
  } else if (const auto file = vault::inspect(around.folder)) {
    put_header(status, file->header);
  } else if (file.error() != vault::Error::missing) {
    status.set_vault_problem(code_of(file.error()));
  }
  const vault::Attempts attempts(around.folder, around.clock);
  status.set_failed_attempts(attempts.failures());
  status.set_wait_milliseconds(static_cast<std::uint64_t>(attempts.time_left().count()));
  status.set_vault_rolled_back(vault_rolled_back);
  status.set_store_rolled_back(store_rolled_back);
  status.set_audit_ok(around.log.ok());
  for (const auto& measure : around.measures) {
    auto& added = *status.add_measures();
    added.set_name(measure.name);
    added.set_holds(measure.holds);
    added.set_detail(measure.detail);
  }
  status.set_arena_in_use(LockedArena::instance().in_use());
  status.set_arena_overflowed(LockedArena::instance().overflowed());
  return {};
}

Handled Agent::Impl::create_vault(const proto::CreateVault& request, ByteView passphrase) {
  if (passphrase.size() > vault::max_passphrase_size) return std::unexpected(proto::MALFORMED);
  auto made = vault::OpenVault::create(context(), passphrase, request.key_file());
  if (!made) return std::unexpected(code_of(made.error()));
  record({.kind = audit::Kind::vault_created, .reason = passphrase.empty() ? "key_file" : "passphrase"});
  return adopt(*std::move(made));
}

Handled Agent::Impl::unlock(const proto::Unlock& request, ByteView secret) {
  const auto way = way_of(request.way());
  auto unlocked = vault::OpenVault::unlock(context(), way, secret);
  if (!unlocked) return failed_attempt(unlocked.error(), name_of(way));
  const auto elapsed = unlocked->elapsed;
  if (const auto adopted = adopt(*std::move(unlocked)); !adopted) return adopted;
  record({.kind = audit::Kind::unlocked, .reason = std::string(name_of(way))});
  if (way == vault::Way::passphrase) strengthen(secret, elapsed);
  return {};
}

Handled Agent::Impl::failed_attempt(vault::Error error, std::string_view what) {
  const vault::Attempts attempts(around.folder, around.clock);
  if (error == vault::Error::wrong_secret)
    record({.kind = audit::Kind::unlock_failed, .reason = std::string(what), .count = attempts.failures()});
  if (error == vault::Error::damaged) record({.kind = audit::Kind::vault_damaged});
  return std::unexpected(code_of(error));
}

Handled Agent::Impl::adopt(vault::OpenVault::Unlocked unlocked) {
  std::vector<StateItem> items;
  for (auto& [name, value] : unlocked.content.items) items.push_back({name, std::move(value)});
  auto holder = std::make_unique<SoftwareKeyHolder>(around.rng);
  if (!items.empty() && !holder->import_state(items)) {
    record({.kind = audit::Kind::vault_damaged, .reason = "state"});
    return std::unexpected(proto::DAMAGED);
  }
  holder->saved(holder->changes().generation);
  open.emplace(Unlocked{std::move(unlocked.vault), std::move(unlocked.content.store_key), unlocked.content.witness,
                        std::move(holder), !items.empty()});
  check_generation();
  return {};
}

// Stronger parameters are an improvement, not a duty: when writing fails, the slot stays as it is.
void Agent::Impl::strengthen(ByteView passphrase, std::chrono::milliseconds elapsed) {
  const auto* slot = open->vault.header().find(vault::Way::passphrase);
  const auto next = vault::next_argon2(slot->argon2, elapsed);
  if (!next || !open->vault.set_passphrase(passphrase, *next, content())) return;
  record({.kind = audit::Kind::passphrase_strengthened, .count = next->memory_kib});
}

void Agent::Impl::check_generation() {
  if (!open || vault_rolled_back || open->vault.header().generation >= minimum_generation) return;
  vault_rolled_back = true;
  record({.kind = audit::Kind::rolled_back, .reason = "vault", .count = open->vault.header().generation});
}

Handled Agent::Impl::prove(ByteView passphrase) {
  const auto proof = open->vault.prove(passphrase);
  return proof ? Handled{} : failed_attempt(proof.error(), "proof");
}

Handled Agent::Impl::change_passphrase(ByteView secret) {
  const auto both = agent_protocol::split_secrets(secret);
  if (!both || both->second.empty() || both->second.size() > vault::max_passphrase_size)
    return std::unexpected(proto::MALFORMED);
  if (const auto proof = prove(both->first); !proof) return proof;
  const auto* slot = open->vault.header().find(vault::Way::passphrase);
  const auto argon2 = slot == nullptr ? vault::argon2_steps.front() : slot->argon2;
  const auto changed = from(open->vault.set_passphrase(both->second, argon2, content()));
  if (changed) record({.kind = audit::Kind::passphrase_changed});
  return changed;
}

Handled Agent::Impl::set_keyring(const proto::SetKeyring& request, ByteView passphrase, Outcome& out) {
  if (!request.enable()) {
    const auto disabled = from(open->vault.disable(vault::Way::keyring, content()));
    if (disabled) record({.kind = audit::Kind::keyring_disabled});
    return disabled;
  }
  if (const auto proof = prove(passphrase); !proof) return proof;
  const auto secret = open->vault.enable_keyring(content());
  if (!secret) return std::unexpected(code_of(secret.error()));
  out.secret = SecretBytes(secret->view());
  record({.kind = audit::Kind::keyring_enabled});
  return {};
}

Handled Agent::Impl::set_key_file(const proto::SetKeyFile& request, ByteView passphrase) {
  if (!request.enable()) {
    const auto disabled = from(open->vault.disable(vault::Way::key_file, content()));
    if (disabled) record({.kind = audit::Kind::key_file_disabled});
    return disabled;
  }
  if (const auto proof = prove(passphrase); !proof) return proof;
  const auto enabled = from(open->vault.enable_key_file(content()));
  if (enabled) record({.kind = audit::Kind::key_file_enabled});
  return enabled;
}

Handled Agent::Impl::witness(const proto::Witness& request) {
  if (request.generation() == open->witness) return {};
  if (request.generation() < open->witness) {
    if (!store_rolled_back)
      record({.kind = audit::Kind::rolled_back, .reason = "store", .count = request.generation()});
    store_rolled_back = true;
    return {};
  }
  open->witness = request.generation();
  return persist();
}

Handled Agent::Impl::report(const proto::Record& request) {
  const auto kind = audit::find_kind(request.kind());
  if (!kind || !audit::client_may_report(*kind)) return std::unexpected(proto::MALFORMED);
  record({.kind = *kind,
          .peer = request.peer(),
          .level = request.level(),
          .suite = request.suite(),
          .reason = request.reason()},
         audit::Source::client);
  return {};
}

vault::Content Agent::Impl::content() const {
  vault::Content out;
  out.store_key = open->store_key.clone();
  out.witness = open->witness;
  for (auto& item : open->holder->export_state()) out.items.emplace(item.name, std::move(item.value));
  return out;
}

Handled Agent::Impl::persist() {
  const auto generation = open->holder->changes().generation;
  const auto saved = open->vault.save(content());
  if (saved) {
    open->holder->saved(generation);
    return {};
  }
  // The answer will be a failure, so what was not written must not be in force either.
  auto held = open->vault.reload();
  if (!held) {
    open.reset();
    record({.kind = audit::Kind::locked, .reason = "storage"});
    return std::unexpected(proto::STORAGE);
  }
  auto vault = std::move(open->vault);
  open.reset();
  if (const auto adopted = adopt({std::move(vault), *std::move(held), {}}); !adopted) return adopted;
  return std::unexpected(code_of(saved.error()));
}

Handled Agent::Impl::persist_changes() {
  if (open->holder->changes().empty()) return {};
  return persist();
}

}  // namespace pqc::keys::agent
