#include "client/keys/agent_keys.h"

#include "base/log.h"

namespace pqc::client {
namespace {

using keys::agent_client::Way;
using AgentState = keys::agent_client::State;

std::unexpected<Error> failed(const keys::agent_client::Failure& failure) {
  return std::unexpected(agent_error(failure));
}

void note(const char* what, const keys::agent_client::Failure& failure) {
  log(LogLevel::warning, "keys.not_told", {{"what", what}, {"why", keys::agent_client::name_of(failure.error)}});
}

}  // namespace

AgentKeys::AgentKeys(Location location) : client_(std::move(location)), holder_(client_) {
  client_.when_locked([this] { return client_.unlock(Way::key_file, {}).has_value(); });
}

Result<std::unique_ptr<AgentKeys>> AgentKeys::open(Location location, const AskPassphrase& ask) {
  std::unique_ptr<AgentKeys> keys(new AgentKeys(std::move(location)));
  if (auto unlocked = unlock_agent(keys->client_, ask); !unlocked) return pass(unlocked);
  return keys;
}

Result<std::unique_ptr<AgentKeys>> AgentKeys::create(Location location, const std::optional<SecretBytes>& passphrase) {
  std::unique_ptr<AgentKeys> keys(new AgentKeys(std::move(location)));
  const auto status = keys->client_.status();
  if (!status) return failed(status.error());
  if (status->state != AgentState::absent || status->vault_problem) {
    const auto given = [&] { return passphrase ? std::optional(passphrase->clone()) : std::nullopt; };
    if (auto unlocked = unlock_agent(keys->client_, given); !unlocked) return pass(unlocked);
    return keys;
  }
  const auto secret = passphrase ? passphrase->view() : ByteView();
  if (const auto made = keys->client_.create_vault(secret, !passphrase); !made) return failed(made.error());
  return keys;
}

Result<bool> AgentKeys::has_identity() {
  const auto status = client_.status();
  if (!status) return failed(status.error());
  return status->state == AgentState::ready;
}

Result<DatabaseKey> AgentKeys::database_key() {
  const auto key = client_.store_key();
  if (!key) return failed(key.error());
  return DatabaseKey(key->view());
}

std::optional<KeyService::State> AgentKeys::state() {
  const auto status = client_.status();
  if (!status) {
    note("status", status.error());
    return std::nullopt;
  }
  return State{.generation = status->generation,
               .vault_rolled_back = status->vault_rolled_back,
               .store_rolled_back = status->store_rolled_back};
}

void AgentKeys::witness(std::uint64_t generation) {
  if (const auto told = client_.witness(generation); !told) note("witness", told.error());
}

void AgentKeys::record(const keys::audit::Event& event) {
  if (const auto told = client_.record(event); !told) note("event", told.error());
}

}  // namespace pqc::client
