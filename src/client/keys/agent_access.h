// The way to a profile's key agent: where it is, how it is unlocked, what its failures mean for the user. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/secret.h"
#include "client/error.h"
#include "keys/agent_client/agent_client.h"

namespace pqc::client {

// Asked only when a passphrase is needed; answers nothing when there is none to give, and the error where the place
// that was named for it cannot be read.
using AskPassphrase = std::function<Result<std::optional<SecretBytes>>()>;

// With what the user has to do. Errors: locked, wrong_key, too_soon, damaged, too_new, no_permission, disk_full, busy,
// missing (no agent can be started), protocol_mismatch, unexpected.
[[nodiscard]] Error agent_error(const keys::agent_client::Failure& failure);

// The vault's id as the keyring knows it.
[[nodiscard]] std::string keyring_name(const keys::agent_client::Status& status);

// Opens a locked vault: by its key file, else by the secret in the desktop's keyring, else by the passphrase. Nothing
// is done where it is open. Errors: missing (there is no vault), locked (no way in, and no passphrase given), those of
// agent_error() and of `ask`.
[[nodiscard]] Status unlock_agent(keys::agent_client::AgentClient& agent, const AskPassphrase& ask);

}  // namespace pqc::client
