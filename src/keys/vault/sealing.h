// The vault's cryptography (docs/spec/vault.md §4, §5): slots around the vault key, the vault key around the content.
// Pure functions of their arguments; any thread.
#pragma once

#include "base/rng.h"
#include "base/secret.h"
#include "keys/vault/content.h"
#include "keys/vault/format.h"

namespace pqc::keys::vault {

using VaultKey = Secret<struct VaultKeyTag, key_size>;
// What a keyring keeps, or a key file holds.
using WaySecret = Secret<struct WaySecretTag, 32>;

// A slot of this way with a fresh salt. `secret` is a passphrase of 1 to max_passphrase_size bytes, or 32 bytes.
// With a passphrase it takes as long as `argon2` says. Errors: bad_secret, backend.
[[nodiscard]] Result<Slot> wrap_key(const VaultId& id, Way way, ByteView secret, const crypto::Argon2Parameters& argon2,
                                    const VaultKey& key, Rng& rng);
// Errors: wrong_secret (also for a slot that was tampered with), bad_secret, backend.
[[nodiscard]] Result<VaultKey> unwrap_key(const VaultId& id, const Slot& slot, ByteView secret);

// The whole file; header.salt is set to a fresh one. Errors: limit, backend.
[[nodiscard]] Result<Bytes> seal_file(Header& header, const VaultKey& key, const Content& content, Rng& rng);
// Errors: damaged, backend.
[[nodiscard]] Result<Content> open_content(const ParsedFile& file, const VaultKey& key);

}  // namespace pqc::keys::vault
