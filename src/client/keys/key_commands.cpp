#include "client/keys/key_commands.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include "client/keys/keyring_program.h"
#include "keys/audit/log_file.h"

namespace pqc::client {
namespace {

using keys::agent_client::AgentClient;
using keys::agent_client::Way;
using AgentState = keys::agent_client::State;

std::unexpected<Error> failed(const keys::agent_client::Failure& failure) {
  return std::unexpected(agent_error(failure));
}

KeyStatus from(const keys::agent_client::Status& in) {
  const auto has = [&](Way way) { return std::ranges::contains(in.ways, way); };
  KeyStatus out{.unlocked = in.state == AgentState::empty || in.state == AgentState::ready,
                .passphrase = has(Way::passphrase),
                .keyring = has(Way::keyring),
                .key_file = has(Way::key_file),
                .generation = in.generation,
                .failed_attempts = in.failed_attempts,
                .vault_rolled_back = in.vault_rolled_back,
                .store_rolled_back = in.store_rolled_back,
                .audit_ok = in.audit_ok,
                .arena_overflowed = in.arena_overflowed > 0,
                .measures = {}};
  for (const auto& measure : in.measures) out.measures.push_back({measure.name, measure.holds, measure.detail});
  return out;
}

std::unexpected<Error> keyring_failed(KeyringOutcome outcome) {
  switch (outcome) {
    case KeyringOutcome::no_service:
      return fail(ExitCode::missing,
                  "this session has no keyring (no secret service): the passphrase still opens the keys");
    case KeyringOutcome::missing:
      return fail(ExitCode::missing,
                  "pqc-chat-keyring is not installed beside this program: the passphrase still opens the keys");
    default:
      return fail(ExitCode::no_permission,
                  "the keyring did not take the secret: unlock it and try again; the passphrase still opens the keys");
  }
}

}  // namespace

KeyCommands::KeyCommands(ProfilePaths paths, const KeyAccess& access)
    : paths_(std::move(paths)),
      ask_(access.ask),
      agent_(std::make_unique<AgentClient>(paths_.agent(access.agent_program))) {}

Result<KeyCommands> KeyCommands::open(const ProfilePaths& paths, const KeyAccess& access) {
  if (auto checked = check_keys(paths); !checked) return pass(checked);
  return KeyCommands(paths, access);
}

Result<KeyStatus> KeyCommands::status() {
  const auto status = agent_->status();
  if (!status) return failed(status.error());
  if (status->vault_problem) return failed({.error = *status->vault_problem});
  return from(*status);
}

Result<KeyStatus> KeyCommands::lock() {
  if (const auto locked = agent_->lock(); !locked) return failed(locked.error());
  return status();
}

Result<KeyStatus> KeyCommands::unlock() {
  if (auto unlocked = unlock_agent(*agent_, ask_); !unlocked) return pass(unlocked);
  return status();
}

Result<KeyStatus> KeyCommands::change_passphrase(const SecretBytes& old_passphrase, const SecretBytes& new_passphrase) {
  const auto known = [&] { return std::optional(old_passphrase.clone()); };
  if (auto unlocked = unlock_agent(*agent_, known); !unlocked) return pass(unlocked);
  if (const auto changed = agent_->change_passphrase(old_passphrase.view(), new_passphrase.view()); !changed)
    return failed(changed.error());
  auto after = status();
  // A passphrase beside a key file would keep nobody out.
  if (!after || !after->key_file) return after;
  if (const auto removed = agent_->disable_key_file(); !removed) return failed(removed.error());
  return status();
}

Result<KeyStatus> KeyCommands::enable_keyring(const SecretBytes& passphrase) {
  const auto known = [&] { return std::optional(passphrase.clone()); };
  if (auto unlocked = unlock_agent(*agent_, known); !unlocked) return pass(unlocked);
  const auto before = agent_->status();
  if (!before) return failed(before.error());
  const auto secret = agent_->enable_keyring(passphrase.view());
  if (!secret) return failed(secret.error());
  if (const auto kept = store_in_keyring(keyring_name(*before), secret->view()); !kept) {
    // A way in that nothing opens is none.
    if (const auto undone = agent_->disable_keyring(); !undone) return failed(undone.error());
    return keyring_failed(kept.error());
  }
  return status();
}

Result<KeyStatus> KeyCommands::disable_keyring() {
  if (auto unlocked = unlock_agent(*agent_, ask_); !unlocked) return pass(unlocked);
  const auto before = agent_->status();
  if (!before) return failed(before.error());
  if (std::ranges::contains(before->ways, Way::keyring))
    if (const auto disabled = agent_->disable_keyring(); !disabled) return failed(disabled.error());
  // What the keyring still holds opens nothing any more.
  if (const auto cleared = clear_in_keyring(keyring_name(*before));
      !cleared && cleared.error() == KeyringOutcome::refused)
    return keyring_failed(cleared.error());
  return status();
}

Result<std::vector<std::string>> KeyCommands::security_log() const {
  const FileDescriptor folder(::open(paths_.keys().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::unexpected(system_error(errno, "read", paths_.keys()));
  return keys::audit::read_lines(folder.get());
}

}  // namespace pqc::client
