// The inside of Agent, for this folder's .cpp files: its state, and one function a request.
#pragma once

#include <optional>

#include "keys/agent/agent.h"
#include "keys/agent/state.h"
#include "keys/agent_protocol/codec.h"
#include "keys/audit/refusal_limit.h"
#include "keys/software_key_holder.h"
#include "keys/vault/vault.h"

namespace pqc::keys::agent {

// What a request's function answers: the reply's body and secret are filled in place; a code is a failure.
struct Outcome {
  proto::Reply reply;
  SecretBytes secret;
};
using Handled = std::expected<void, proto::Code>;

[[nodiscard]] proto::Code code_of(vault::Error error);
[[nodiscard]] vault::Way way_of(proto::Way way);

struct Agent::Impl {
  explicit Impl(Surroundings s) : around(std::move(s)) {}

  // The holder lives only while the vault is open and has an identity.
  struct Unlocked {
    vault::OpenVault vault;
    vault::StoreKey store_key;
    std::uint64_t witness = 0;
    std::unique_ptr<SoftwareKeyHolder> holder;  // with or without an identity
    bool has_identity = false;
  };

  Surroundings around;
  std::optional<Unlocked> open;
  std::uint64_t minimum_generation = 0;
  bool vault_rolled_back = false;
  bool store_rolled_back = false;
  audit::RefusalLimit refusals;

  [[nodiscard]] State state() const;
  [[nodiscard]] vault::VaultContext context() const { return {around.folder, around.clock, around.rng}; }
  [[nodiscard]] Handled dispatch(const proto::Request& request, const SecretBytes& secret, Outcome& out);
  // Refusals only as many as the log takes.
  void record(audit::Event event, audit::Source source = audit::Source::agent);

  // vault_requests.cpp
  [[nodiscard]] Handled hello(const proto::Hello& request, Outcome& out);
  [[nodiscard]] Handled status(Outcome& out) const;
  [[nodiscard]] Handled create_vault(const proto::CreateVault& request, ByteView passphrase);
  [[nodiscard]] Handled unlock(const proto::Unlock& request, ByteView secret);
  [[nodiscard]] Handled change_passphrase(ByteView secret);
  [[nodiscard]] Handled set_keyring(const proto::SetKeyring& request, ByteView passphrase, Outcome& out);
  [[nodiscard]] Handled set_key_file(const proto::SetKeyFile& request, ByteView passphrase);
  [[nodiscard]] Handled witness(const proto::Witness& request);
  [[nodiscard]] Handled report(const proto::Record& request);
  [[nodiscard]] Handled adopt(vault::OpenVault::Unlocked unlocked);
  void strengthen(ByteView passphrase, std::chrono::milliseconds elapsed);
  void check_generation();
  [[nodiscard]] Handled failed_attempt(vault::Error error, std::string_view what);
  [[nodiscard]] Handled prove(ByteView passphrase);

  // key_requests.cpp
  [[nodiscard]] Handled create_identity(const proto::CreateIdentity& request, Outcome& out);
  [[nodiscard]] Handled get_identity(Outcome& out) const;
  [[nodiscard]] Handled sign_record(const proto::SignRecord& request, Outcome& out);
  [[nodiscard]] Handled sign(const proto::Sign& request, Outcome& out);
  [[nodiscard]] Handled generate_batch(const proto::GenerateBatch& request, Outcome& out);
  [[nodiscard]] Handled list_batches(Outcome& out) const;
  [[nodiscard]] Handled destroy_expired(const proto::DestroyExpired& request);
  [[nodiscard]] Handled destroy_batch(const proto::DestroyBatch& request);
  [[nodiscard]] Handled initiate(const proto::Initiate& request, Outcome& out);
  [[nodiscard]] Handled respond(const proto::Respond& request, Outcome& out);
  [[nodiscard]] Handled discard_identity();
  [[nodiscard]] Handled forget(const proto::Forget& request);

  // Everything that the vault has to hold.
  [[nodiscard]] vault::Content content() const;
  // Writes the vault; when that fails, goes back to what it holds.
  [[nodiscard]] Handled persist();
  // Persists if the holder changed.
  [[nodiscard]] Handled persist_changes();
};

}  // namespace pqc::keys::agent
