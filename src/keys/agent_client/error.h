// What the agent answers a client, or why it does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "keys/error.h"

namespace pqc::keys::agent_client {

enum class Error : std::uint8_t {
  unavailable,   // no agent runs and none could be started
  lost,          // the agent went away in the middle of a request that may have been done
  busy,          // another process holds the key folder and does not answer
  version,       // the agent speaks another version of the protocol
  refused,       // the request is not one the agent knows, or not allowed in this order
  locked,        // unlock first
  unlocked,      // it is unlocked already
  absent,        // there is no vault yet
  exists,        // there is one already
  wrong_secret,  // the passphrase, keyring secret or key file does not open the vault
  wait,          // too many wrong passphrases: Failure::wait says how long
  no_such_way,   // the vault has no such way in
  last_way,      // the vault would lose its last way in that stands alone
  damaged,       // the vault file is damaged
  too_new,       // the vault was written by a newer version
  storage,       // the vault could not be written or read
  disk_full,
  no_permission,  // folder or file belongs to somebody else or is open to others
  limit,
  internal,  // a fault of the agent, or of a library
  keys,      // the key holder's own error: Failure::keys
};

struct Failure {
  Error error{};
  std::chrono::milliseconds wait{};   // with Error::wait
  std::optional<keys::Error> keys{};  // with Error::keys
};

template <class T>
using Result = std::expected<T, Failure>;

// A stable lower-case name for logs and messages.
[[nodiscard]] std::string_view name_of(Error error);
// As a KeyHolder says it.
[[nodiscard]] keys::Error to_keys_error(const Failure& failure);

}  // namespace pqc::keys::agent_client
