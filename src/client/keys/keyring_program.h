// The desktop's keyring, through pqc-chat-keyring (docs/spec/vault.md §10): a program beside ours that runs for one
// request. The secret goes through pipes into locked memory. Any thread; a call may wait for the user.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace pqc::client {

enum class KeyringOutcome : std::uint8_t {
  not_found,   // nothing is kept under this name
  no_service,  // this session has no secret service
  refused,     // it is locked, the user said no, or it failed
  missing,     // the program is not installed
};
// A stable lower-case name for logs.
[[nodiscard]] std::string_view keyring_outcome_name(KeyringOutcome outcome);

template <class T>
using KeyringResult = std::expected<T, KeyringOutcome>;

[[nodiscard]] KeyringResult<SecretBytes> lookup_in_keyring(const std::string& name);
[[nodiscard]] KeyringResult<void> store_in_keyring(const std::string& name, ByteView secret);
[[nodiscard]] KeyringResult<void> clear_in_keyring(const std::string& name);

}  // namespace pqc::client
