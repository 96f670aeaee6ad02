#include "client/keys/agent_access.h"

#include <algorithm>

#include "base/log.h"
#include "client/keys/keyring_program.h"

namespace pqc::client {
namespace {

using keys::agent_client::AgentClient;
using keys::agent_client::Failure;
using keys::agent_client::State;
using keys::agent_client::Way;
using AgentError = keys::agent_client::Error;

// Rounded up: "0 seconds" would be no advice.
std::string seconds_of(std::chrono::milliseconds wait) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
}

std::unexpected<Error> failed(const Failure& failure) {
  return std::unexpected(agent_error(failure));
}

std::unexpected<Error> no_passphrase() {
  return fail(ExitCode::locked,
              "the keys of this profile are locked: run pqc-chat unlock, or give --passphrase-file or "
              "PQC_CHAT_PASSPHRASE");
}

Status settled(const keys::agent_client::Result<void>& unlocked) {
  if (unlocked || unlocked.error().error == AgentError::unlocked) return {};
  return failed(unlocked.error());
}

// Whether it could be opened so. A secret that is missing or wrong is no failure: the passphrase always opens.
bool unlock_by_keyring(AgentClient& agent, const std::string& name) {
  const auto secret = lookup_in_keyring(name);
  if (!secret) {
    log(LogLevel::info, "keys.keyring_not_used", {{"why", keyring_outcome_name(secret.error())}});
    return false;
  }
  return settled(agent.unlock(Way::keyring, secret->view())).has_value();
}

Status unlock_by_passphrase(AgentClient& agent, const keys::agent_client::Status& status, const AskPassphrase& ask) {
  if (status.wait.count() > 0) return failed({.error = AgentError::wait, .wait = status.wait});
  Result<std::optional<SecretBytes>> given;
  if (ask) given = ask();
  if (!given) return pass(given);
  const auto& passphrase = *given;
  if (!passphrase || passphrase->empty()) return no_passphrase();
  return settled(agent.unlock(Way::passphrase, passphrase->view()));
}

}  // namespace

Error agent_error(const Failure& failure) {
  switch (failure.error) {
    case AgentError::locked:
      return no_passphrase().error();
    case AgentError::wrong_secret:
      return {ExitCode::wrong_key, "this does not open the keys of this profile: check the passphrase"};
    case AgentError::wait:
      return {ExitCode::too_soon, "too many wrong passphrases: try again in " + seconds_of(failure.wait) + " seconds"};
    case AgentError::no_such_way:
      return {ExitCode::locked, "the keys of this profile do not open in this way: run pqc-chat unlock"};
    case AgentError::last_way:
      return {ExitCode::usage, "this needs a passphrase first: pqc-chat passphrase change"};
    case AgentError::absent:
      return {ExitCode::damaged, "the folder keys of this profile is empty: restore it from a backup"};
    case AgentError::damaged:
      return {ExitCode::damaged, "the file keys/vault of this profile is damaged: restore it from a backup"};
    case AgentError::too_new:
      return {ExitCode::too_new, "the keys of this profile were written by a newer pqc-chat: update pqc-chat"};
    case AgentError::no_permission:
      return {
          ExitCode::no_permission,
          "the folder keys of this profile may not be used: it has to belong to you, with mode 0700, its files 0600"};
    case AgentError::disk_full:
      return {ExitCode::disk_full,
              "the disk with the profile is full: free some space and try again; nothing was lost"};
    case AgentError::storage:
      return {ExitCode::disk_full, "the keys of this profile could not be read or written: check the disk"};
    case AgentError::busy:
      return {ExitCode::busy,
              "another process holds the keys of this profile and does not answer: end it and try again"};
    case AgentError::unavailable:
      return {ExitCode::missing,
              "the key agent pqc-chat-keyd could not be started: it has to lie in the same folder as this program"};
    case AgentError::version:
      return {ExitCode::protocol_mismatch,
              "the key agent that runs is of another version: end it (pqc-chat-keyd) and try again"};
    default:
      return {ExitCode::unexpected, "the key agent failed: " + std::string(keys::agent_client::name_of(failure.error))};
  }
}

std::string keyring_name(const keys::agent_client::Status& status) {
  return to_hex(status.vault_id);
}

Status unlock_agent(AgentClient& agent, const AskPassphrase& ask) {
  const auto status = agent.status();
  if (!status) return failed(status.error());
  if (status->vault_problem) return failed({.error = *status->vault_problem});
  if (status->state == State::empty || status->state == State::ready) return {};
  if (status->state == State::absent) return failed({.error = AgentError::absent});
  const auto has = [&](Way way) { return std::ranges::contains(status->ways, way); };
  Status opened = no_passphrase();
  if (has(Way::key_file)) opened = settled(agent.unlock(Way::key_file, {}));
  if (!opened && has(Way::keyring) && unlock_by_keyring(agent, keyring_name(*status))) return {};
  if (!opened && has(Way::passphrase)) return unlock_by_passphrase(agent, *status, ask);
  return opened;
}

}  // namespace pqc::client
