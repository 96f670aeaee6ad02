// What a key holder answers when it does not do what it was asked.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::keys {

enum class Error : std::uint8_t {
  no_identity,     // create() was not called and no state was imported
  has_identity,    // create() on a holder that has one
  unsupported,     // a suite that is not built in or not held
  mismatch,        // names another account, device, suite or key than the holder's
  invalid,         // the structure to sign breaks a rule of its specification
  limit,           // a bound of pqxdh/limits.h or keys/limits.h
  unknown_prekey,  // the batch is destroyed, or the pair was used and erased
  replayed,        // a session with reusable prekeys that is remembered already
  refused,         // the initial part does not hold
  damaged_state,   // import_state: not what this version wrote
  backend,         // the crypto library or the agent failed
  locked,          // the agent's vault has to be unlocked first
  unavailable,     // the agent does not answer, or cannot write its vault: try again later
};

template <class T>
using Result = std::expected<T, Error>;

// A stable lower-case name for logs.
[[nodiscard]] std::string_view name_of(Error error);

}  // namespace pqc::keys
