// The file `key` of a profile: the database's 32-byte key, plain (mode 0600), or sealed under a passphrase.
//
//   "PQCK" ‖ u8 version (1) ‖ u8 form
//   form 0: key (32)
//   form 1: u32 memory KiB ‖ u32 passes ‖ u32 lanes ‖ salt (16) ‖ nonce (12) ‖ sealed key (48)
//           Argon2id (RFC 9106) makes the 32-byte key of AES-256-GCM; everything before the nonce is authenticated.
//
// Numbers are big-endian. The file is written once, to a temporary name that is synced and then renamed.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "base/rng.h"
#include "base/secret.h"
#include "client/error.h"
#include "client/store/database.h"

namespace pqc::client {

// Asked only when a passphrase is needed; answers nothing when there is none to give.
using AskPassphrase = std::function<std::optional<SecretBytes>()>;

// Makes a key and its file. With a passphrase the key is sealed under it.
Result<DatabaseKey> create_key_file(const std::filesystem::path& file, const std::optional<SecretBytes>& passphrase,
                                    Rng& rng);

// Errors: missing, no_permission, damaged, wrong_key (wrong passphrase, or none given), too_new.
Result<DatabaseKey> read_key_file(const std::filesystem::path& file, const AskPassphrase& ask);

// The encoding alone, for tests and the fuzzer.
Bytes encode_key_file(const DatabaseKey& key, const std::optional<SecretBytes>& passphrase, Rng& rng);
Result<DatabaseKey> decode_key_file(ByteView bytes, const AskPassphrase& ask);

}  // namespace pqc::client
