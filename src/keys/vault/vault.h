// A vault in its folder: made, opened, written (docs/spec/vault.md).
//
//   inspect -> what anybody may know
//   OpenVault::create | OpenVault::unlock -> OpenVault (holds the vault key) + Content
//
// An OpenVault keeps no content: every write takes all of it. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/rng.h"
#include "keys/vault/attempts.h"
#include "keys/vault/content.h"
#include "keys/vault/folder.h"
#include "keys/vault/format.h"
#include "keys/vault/sealing.h"

namespace pqc::keys::vault {

// The parameters of a passphrase's next strengthening, when an unlock with `current` took `elapsed`; none where the
// last step is reached or the next one would take longer than strengthen_target.
[[nodiscard]] std::optional<crypto::Argon2Parameters> next_argon2(const crypto::Argon2Parameters& current,
                                                                  std::chrono::milliseconds elapsed);

// Reads and parses the file. Errors: missing, damaged, too_new, no_permission, io.
[[nodiscard]] Result<ParsedFile> inspect(const KeyFolder& folder);

// What all functions here work with; everything outlives them.
struct VaultContext {
  const KeyFolder& folder;
  const Clock& clock;
  Rng& rng;
};

class OpenVault {
 public:
  struct Unlocked;

  // Makes a vault with a fresh vault key and store key, generation 1. At least one of the two ways: an empty passphrase
  // is none; `key_file` writes vault.key. Errors: exists, bad_secret, and those of writing.
  [[nodiscard]] static Result<Unlocked> create(const VaultContext& context, ByteView passphrase, bool key_file);
  // Opens the file as it is now, by one way. For the key file an empty secret stands for the folder's vault.key.
  // A passphrase counts as an attempt and may be refused with Error::wait.
  [[nodiscard]] static Result<Unlocked> unlock(const VaultContext& context, Way way, ByteView secret);

  [[nodiscard]] const Header& header() const { return header_; }

  // Writes the next generation. On an error the file and this object are as they were.
  [[nodiscard]] Result<void> save(const Content& content);

  // The proof that whoever adds a way in knows one: the passphrase, or where there is none the folder's key file.
  // Counts as an attempt. Errors: wrong_secret, wait.
  [[nodiscard]] Result<void> prove(ByteView passphrase) const;
  // Each writes the next generation.
  [[nodiscard]] Result<void> set_passphrase(ByteView passphrase, const crypto::Argon2Parameters& argon2,
                                            const Content& content);
  // Answers what the keyring has to keep. Error::last_way without a passphrase.
  [[nodiscard]] Result<WaySecret> enable_keyring(const Content& content);
  [[nodiscard]] Result<void> enable_key_file(const Content& content);
  // Of the keyring or the key file. Error::last_way for a key file without a passphrase beside it.
  [[nodiscard]] Result<void> disable(Way way, const Content& content);
  // The whole vault as its file holds it: after a failed save.
  [[nodiscard]] Result<Content> reload() const;

 private:
  OpenVault(const VaultContext& context, Header header, VaultKey key)
      : context_(context), header_(std::move(header)), key_(std::move(key)) {}
  [[nodiscard]] Result<void> write(Header next, const Content& content);
  [[nodiscard]] Result<Slot> wrap(Way way, ByteView secret, const crypto::Argon2Parameters& argon2 = {}) const;

  VaultContext context_;
  Header header_;
  VaultKey key_;
};

struct OpenVault::Unlocked {
  OpenVault vault;
  Content content;
  std::chrono::milliseconds elapsed{};  // what deriving the key took
};

}  // namespace pqc::keys::vault
