// What can be wrong with a vault, and the module's result type.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::keys::vault {

enum class Error : std::uint8_t {
  missing,        // there is no vault file
  exists,         // there is one already
  damaged,        // not a vault file, or some byte of it was changed
  too_new,        // written by a newer version
  wrong_secret,   // this passphrase, keyring secret or key file does not open it
  wait,           // too many wrong passphrases: not tried; VaultFolder says how long
  no_such_way,    // the vault has no slot of this kind
  last_way,       // taking this way in away would leave none that may stand alone
  bad_secret,     // a secret of a length that cannot be one
  limit,          // more or larger items than limits.h allows
  no_permission,  // folder or file belongs to somebody else, is open to others, or may not be read or written
  busy,           // another agent holds the folder
  disk_full,
  io,       // the file system failed
  backend,  // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// A stable lower-case name for logs.
[[nodiscard]] std::string_view name_of(Error error);

}  // namespace pqc::keys::vault
